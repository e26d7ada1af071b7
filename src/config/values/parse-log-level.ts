import { ConfigError } from '../../errors.js';
import { logLevels, type LogLevel } from '../../logger.js';

/** Names of Python's logging that differ from ours. */
const pythonNames: ReadonlyMap<string, LogLevel> = new Map([
  ['notset', 'trace'],
  ['warning', 'warn'],
  ['critical', 'fatal'],
]);

/** Python's numbers, from the highest: a level prints everything at or above it. */
const pythonNumbers: readonly (readonly [number, LogLevel])[] = [
  [51, 'silent'],
  [41, 'fatal'],
  [31, 'error'],
  [21, 'warn'],
  [11, 'info'],
  [1, 'debug'],
  [0, 'trace'],
];

/** Reads our level names, Python's (`WARNING`), and Python's numbers (`30`), in any case. @throws {ConfigError} */
export function parseLogLevel(text: string): LogLevel {
  const word = text.trim().toLowerCase();
  const level = logLevels.find(known => known === word) ?? pythonNames.get(word) ?? levelOfNumber(word);
  if (level === undefined) throw new ConfigError(`must be one of ${logLevels.join(', ')}`);
  return level;
}

function levelOfNumber(word: string): LogLevel | undefined {
  if (!/^\d+$/.test(word)) return undefined;
  return pythonNumbers.find(([lowest]) => Number(word) >= lowest)?.[1];
}
