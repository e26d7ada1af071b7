import { ConfigError } from '../../errors.js';
import { parseList } from './parse-list.js';

const address = /^(\[[0-9a-fA-F:.]+\]|[^\s:/[\]]+)(?::(\d+))?$/;
const scheme = /^[a-z][\w+.-]*:\/\//i;

/**
 * Reads `host:port,host:port`. A host without a port gets 9092, as librdkafka does; IPv6 addresses stand in brackets.
 *
 * @throws {ConfigError} naming every address that is not one, and why.
 */
export function parseBrokers(raw: string | readonly string[]): string[] {
  const items = (typeof raw === 'string' ? [raw] : raw).flatMap(parseList);
  const problems = items.flatMap(item => problemOf(item) ?? []);
  if (items.length === 0 || problems.length > 0)
    throw new ConfigError(
      ['must be one or more HOST:PORT, separated by commas', ...problems.map(text => `; ${text}`)].join(''),
    );
  return items.map(item => {
    const [, host, port = '9092'] = address.exec(item)!;
    return `${host!}:${Number(port)}`;
  });
}

function problemOf(text: string): string | undefined {
  const protocol = scheme.exec(text)?.[0];
  if (protocol !== undefined) return `${text}: a broker is HOST:PORT, without ${protocol}`;
  if (text.startsWith(':')) return `${text}: the host is missing`;
  if (text.endsWith(':')) return `${text} has no port`;
  const parts = address.exec(text);
  if (parts === null) return `${text} is no HOST:PORT`;
  const port = Number(parts[2] ?? 9092);
  return port >= 1 && port <= 65_535 ? undefined : `${text}: a port is 1 to 65535`;
}
