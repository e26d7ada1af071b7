import type { ReproducerDefinition } from '../definition/reproducer-definition.js';
import { classOptions } from './class-options.js';
import { classDefaults } from './program-options.js';
import { snakeCase, type OptionSpec } from './option-spec.js';
import { workerOptions, workerOptionsFor } from './option-table.js';
import { valueText } from './value-text.js';
import { unservedOptions, unservedOptionsFor } from './unserved-options.js';

/** One flag as it stood on the command line. */
export interface FlagOccurrence {
  /** Name of the option. */
  readonly option: string;
  /** As typed, with its dashes: `--consumer_topic_name`. */
  readonly spelling: string;
  /** `true` or `false` for a switch; null when an option stands without its value. */
  readonly value: string | null;
}

/**
 * A command line taken apart, nothing of it judged: the border to the parser, which knows dashes, while this folder knows
 * what the values mean. So that all mistakes can be told at once, unknown flags are part of it rather than an error.
 */
export interface CommandLine {
  readonly flags: readonly FlagOccurrence[];
  /** As typed, `=value` included. */
  readonly unknownFlags: readonly string[];
  /** Arguments that belong to no flag. */
  readonly operands: readonly string[];
}

/** Whether a switch such as `--help` is given. */
export function hasFlag(commandLine: CommandLine, option: string): boolean {
  return commandLine.flags.some(flag => flag.option === option && flag.value === 'true');
}

/**
 * All options that a class's command line knows, hidden ones included, the class's own last; with the defaults that the
 * class sets.
 */
export function commandLineOptions(definition: ReproducerDefinition): readonly OptionSpec[] {
  const ofClass = classDefaults(definition);
  const ofWorker = workerOptionsFor(definition.kind).map(option => {
    const value = option.name === 'group-id' ? definition.name : option.defaultText;
    const defaultText = ofClass.has(option.name) ? valueText(ofClass.get(option.name)!.raw) : value;
    return defaultText === undefined ? option : { ...option, defaultText };
  });
  return [...ofWorker, ...unservedOptionsFor(definition.kind), ...classOptions(definition)];
}

/** One way to write an option. */
export interface Spelling {
  /** Long flag without dashes. */
  readonly name: string;
  /** The value it stands for, for a switch. */
  readonly switchValue: 'true' | 'false';
  /** Shown by --help. */
  readonly isMain: boolean;
}

/**
 * All long flags of an option: its name, `no-` for a switch, both in snake_case, OpenMSIStream's names. A switch that is on
 * by default shows its `no-` form too.
 */
export function spellingsOf(option: OptionSpec): Spelling[] {
  const canBeOff = option.form === 'switch' && option.env !== undefined;
  const plain = [option.name, ...option.aliases.map(alias => alias.name)];
  const names = new Map<string, Spelling>();
  const add = (name: string, switchValue: 'true' | 'false', isMain: boolean): void => {
    if (!names.has(name)) names.set(name, { name, switchValue, isMain });
  };
  for (const name of plain) add(name, 'true', name === option.name);
  if (canBeOff) add(`no-${option.name}`, 'false', option.defaultText === 'true');
  for (const { name, switchValue } of [...names.values()]) add(snakeCase(name), switchValue, false);
  return [...names.values()];
}

/** Flags that belong to every worker; a class cannot declare them. Without dashes. */
export const reservedFlags: { readonly long: ReadonlySet<string>; readonly short: ReadonlySet<string> } = {
  long: new Set([...workerOptions, ...unservedOptions].flatMap(spellingsOf).map(({ name }) => name)),
  short: new Set(workerOptions.flatMap(({ shortFlag }) => shortFlag ?? [])),
};
