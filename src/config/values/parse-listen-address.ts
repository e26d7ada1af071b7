import { ConfigError } from '../../errors.js';

/** Where a server listens. */
export interface ListenAddress {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
}

const address = /^(?:(\[[0-9a-fA-F:.]+\]|[^\s:/[\]]+):)?(\d{1,5})$/;

/**
 * Reads `9464` or `0.0.0.0:9464`. Without an address it is 127.0.0.1: whoever wants a port to be seen from outside says so.
 * IPv6 addresses stand in brackets.
 *
 * @throws {ConfigError}
 */
export function parseListenAddress(text: string): ListenAddress {
  const parts = address.exec(text.trim());
  const port = Number(parts?.[2] ?? Number.NaN);
  if (parts === null || port > 65_535)
    throw new ConfigError('must be a port from 0 to 65535, or ADDRESS:PORT such as 0.0.0.0:9464');
  return { host: (parts[1] ?? '127.0.0.1').replace(/^\[(.*)\]$/, '$1'), port };
}
