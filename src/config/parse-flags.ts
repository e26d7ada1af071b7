import type { CommandLine, FlagOccurrence } from './command-line.js';
import { spellingsOf } from './command-line.js';
import type { GivenValue } from './given-values.js';
import { suggestion } from '../definition/nearest-names.js';
import type { OptionSpec } from './option-spec.js';
import { parseList } from './values/parse-list.js';

/** What the command line gives, and what is wrong with it as such. */
export interface ParsedFlags {
  readonly values: ReadonlyMap<string, GivenValue>;
  readonly problems: readonly string[];
  /** Options that are given and cannot be used. */
  readonly unusable: readonly string[];
}

/**
 * Finds the value of each option among the flags: the last one counts, lists add up, a fallback name counts only when no
 * other is given, and OpenMSIStream's values are converted to ours.
 */
export function parseFlags(options: readonly OptionSpec[], commandLine: CommandLine): ParsedFlags {
  const values = new Map<string, GivenValue>();
  const problems = strayArguments(options, commandLine);
  const unusable: string[] = [];
  for (const option of options) {
    const given = commandLine.flags.filter(flag => flag.option === option.name);
    const firstChoice = given.filter(flag => aliasOf(option, flag)?.isFallback !== true);
    const counted = firstChoice.length > 0 ? firstChoice : given;
    const last = counted.at(-1);
    if (last === undefined) continue;
    try {
      const raw =
        option.form === 'list'
          ? counted.flatMap(flag => parseList(valueOf(option, flag)))
          : valueOf(option, last);
      values.set(option.name, { raw, origin: `flag ${last.spelling}`, flag: last.spelling });
    } catch (error) {
      problems.push(`${last.spelling} ${(error as Error).message}`);
      unusable.push(option.name);
    }
  }
  return { values, problems, unusable };
}

function aliasOf(option: OptionSpec, flag: FlagOccurrence): OptionSpec['aliases'][number] | undefined {
  return option.aliases.find(alias => `--${alias.name}` === flag.spelling);
}

function valueOf(option: OptionSpec, flag: FlagOccurrence): string {
  const text = flag.value ?? option.bareValue;
  if (text === undefined) {
    throw new Error(`needs a value: ${flag.spelling}=${option.placeholder}`);
  }
  return aliasOf(option, flag)?.convert?.(text) ?? text;
}

function strayArguments(options: readonly OptionSpec[], commandLine: CommandLine): string[] {
  const known = options
    .filter(option => !option.hidden)
    .flatMap(spellingsOf)
    .map(({ name }) => name);
  const isKnown = new Set(options.flatMap(spellingsOf).map(({ name }) => `--${name}`));
  const flags = commandLine.unknownFlags.map(text => {
    const flag = text.split('=', 1)[0]!;
    if (isKnown.has(flag))
      return `${flag} takes no value; found ${JSON.stringify(text.slice(flag.length + 1))}`;
    return `unknown option ${flag}${suggestion(flag, inStyleOf(flag, known), '--')}`;
  });
  return [...flags, ...commandLine.operands.map(operand => `unexpected argument ${JSON.stringify(operand)}`)];
}

/** Of names that are written in both styles only the one in the style that was typed: both are equally near. */
function inStyleOf(flag: string, names: readonly string[]): string[] {
  const isSnakeCase = flag.includes('_');
  const [separator, other] = isSnakeCase ? ['_', '-'] : ['-', '_'];
  return names.filter(name => !name.includes(other) || !names.includes(name.replaceAll(other, separator)));
}
