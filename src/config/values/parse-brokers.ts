import { ConfigError } from '../../errors.js';
import { parseList } from './parse-list.js';

const address = /^(\[[0-9a-fA-F:.]+\]|[^\s:/[\]]+)(?::(\d{1,5}))?$/;

/**
 * Reads `host:port,host:port`. A host without a port gets 9092, as librdkafka does; IPv6 addresses stand in brackets.
 *
 * @throws {ConfigError} naming every address that is not one.
 */
export function parseBrokers(raw: string | readonly string[]): string[] {
  const items = (typeof raw === 'string' ? [raw] : raw).flatMap(parseList);
  const bad = items.filter(item => brokerAddress(item) === undefined);
  if (items.length === 0 || bad.length > 0) {
    const which = bad.length === 0 ? '' : `; this is none: ${bad.join(', ')}`;
    throw new ConfigError(`must be one or more HOST:PORT, separated by commas${which}`);
  }
  return items.map(item => brokerAddress(item)!);
}

function brokerAddress(text: string): string | undefined {
  const parts = address.exec(text);
  if (parts === null) return undefined;
  const port = Number(parts[2] ?? 9092);
  return port >= 1 && port <= 65_535 ? `${parts[1]!}:${port}` : undefined;
}
