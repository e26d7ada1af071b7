import { ConfigError } from '../../errors.js';

const words: ReadonlyMap<string, boolean> = new Map([
  ...['true', 'yes', 'on', '1'].map(word => [word, true] as const),
  ...['false', 'no', 'off', '0'].map(word => [word, false] as const),
]);

/** Reads `true`, `yes`, `on`, `1` and their opposites, in any case: what INI files and shells write. @throws {ConfigError} */
export function parseBoolean(text: string): boolean {
  const value = words.get(text.trim().toLowerCase());
  if (value === undefined) throw new ConfigError('must be true or false (also yes/no, on/off, 1/0)');
  return value;
}
