import { flagPattern, kebabCase } from '../src/definition/flag-names.js';
import { foundText, usageText } from '../src/definition/usage-text.js';

/** Flags without dashes; `problem` instead where they cannot be used. */
export type ParsedFlags =
  | { readonly kind: 'flags'; readonly flags: { readonly name: string; readonly shortFlag?: string } }
  | { readonly kind: 'problem'; readonly text: string };

/**
 * Reads `'-m, --minimum-height'`: a letter, a long flag, or both, in any order.
 *
 * @param flags undefined: all from the property's name
 */
export function parseFlagsText(property: string, flags: unknown): ParsedFlags {
  const derived = kebabCase(property);
  const example = flagPattern.test(derived) ? derived : 'minimum-height';
  const problem = (expected: string, fix: string): ParsedFlags => ({
    kind: 'problem',
    text: usageText('@CliOption flags', expected, foundText(flags), fix),
  });
  if (flags !== undefined && (typeof flags !== 'string' || flags.trim() === '')) {
    return problem('a text', `write for example '--${example}'`);
  }
  const parts = (flags ?? '').split(/[ ,|]+/).filter(part => part !== '');
  const long = parts.filter(part => part.startsWith('--'));
  const short = parts.filter(part => !part.startsWith('--'));
  if (short.some(part => !/^-[A-Za-z]$/.test(part)) || short.length > 1 || long.length > 1) {
    const fix = `write for example '-${example.charAt(0)}, --${example}'; the value's place is added by itself`;
    return problem('one long flag, one letter with a dash, or both', fix);
  }
  const name = long[0]?.slice(2) ?? derived;
  const shortFlag = short[0] === undefined ? {} : { shortFlag: short[0].slice(1) };
  if (flagPattern.test(name)) return { kind: 'flags', flags: { name, ...shortFlag } };
  if (long[0] === undefined) {
    const fix = `give flags, as in @CliOption('--${example}')`;
    return problem(`flags, because ${property} cannot be one`, fix);
  }
  const kebab = kebabCase(name);
  return problem(
    'a long flag of small letters, digits and single dashes',
    `write '--${flagPattern.test(kebab) ? kebab : example}'`,
  );
}
