import { ConfigError } from '../errors.js';
import { isModuleName } from '../bootstrap/load-module.js';

/**
 * Refuses a command line of a class that begins with its flags: the first word would be taken for the file, and "--brokers: no
 * such file" helps nobody.
 *
 * @param command with what of its own stands before the file: `run --class PeakFinder`
 * @param args what follows it
 * @throws {ConfigError} with the words in their order
 */
export function checkFileFirst(command: string, args: readonly string[]): void {
  if (args[0]?.startsWith('-') !== true) return;
  const at = args.findIndex(word => isModuleName(word));
  const file = at < 0 ? 'FILE' : args[at]!;
  const flags = args.filter((_word, index) => index !== at);
  const words = ['reproducer', command, shellWord(file), ...flags.map(shellWord)];
  throw new ConfigError(
    `${command}: the file with the class comes first, its flags after it: ${words.join(' ')}`,
  );
}

function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
