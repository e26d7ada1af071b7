import { ConfigError } from '../../errors.js';

/** Makes a parser that takes one of a few words, in any case. The parser @throws {ConfigError} naming them. */
export function parseChoice<T extends string>(choices: readonly T[]): (text: string) => T {
  return text => {
    const word = text.trim().toLowerCase();
    const found = choices.find(choice => choice === word);
    if (found === undefined) throw new ConfigError(`must be one of ${choices.join(', ')}`);
    return found;
  };
}
