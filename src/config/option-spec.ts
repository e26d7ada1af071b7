import type { WorkerSettings } from './worker-settings.js';

export { environmentName, snakeCase } from '../definition/flag-names.js';

/** The text of a value as flag, variable or file gave it; a list where its items came one by one. */
export type RawValue = string | readonly string[];

/** Another spelling of an option, usually OpenMSIStream's. */
export interface OptionAlias {
  /** Long flag without dashes. */
  readonly name: string;
  /** What the value means under this name, e.g. a Python regular expression; may throw a ConfigError. */
  readonly convert?: (text: string) => string;
  /** Counts only when the option is given under no other name. */
  readonly isFallback?: boolean;
}

/**
 * How an option is written on the command line: `value` `--x V`, `optional-value` `--x [V]`, `list` `--x V` repeatable and
 * comma separated, `switch` `--x` and `--no-x`.
 */
export type OptionForm = 'value' | 'optional-value' | 'list' | 'switch';

/** What is common to a worker's options and a class's own: enough for the parser, the environment, --help and the docs. */
export interface OptionSpec {
  readonly owner: 'worker' | 'class';
  /** Long flag without dashes, kebab-case; also the key in configuration files. */
  readonly name: string;
  /** One letter, without the dash. */
  readonly shortFlag?: string;
  readonly aliases: readonly OptionAlias[];
  /** Environment variable; undefined for options that only make sense as flags. */
  readonly env?: string;
  readonly form: OptionForm;
  /** `HOST:PORT`; empty for switches. */
  readonly placeholder: string;
  /** What a bare `--x` stands for, with form `optional-value`; in files and the environment `true` does. */
  readonly bareValue?: string;
  /** Shown by --help; undefined: none. */
  readonly defaultText?: string;
  readonly description: string;
  /** Heading in --help. */
  readonly group: string;
  readonly hidden: boolean;
  readonly secret: boolean;
  readonly choices?: readonly string[];
}

/** Files and the environment cannot give an option without its value: `true` is it there, `until-idle: true`. */
export function withBareValue({ form, bareValue }: OptionSpec, raw: RawValue): RawValue {
  return form === 'optional-value' && bareValue !== undefined && raw === 'true' ? bareValue : raw;
}

/** An option of every worker. */
export interface WorkerOptionSpec extends OptionSpec {
  /** Where its value goes; undefined for those that only steer the command line. */
  readonly property?: keyof WorkerSettings;
  /** Parses the text and sets the property. @throws {ConfigError} */
  readonly apply: (settings: WorkerSettings, raw: RawValue) => void;
  /** Only for classes with results. */
  readonly needsResults: boolean;
  /** Cannot stand in a configuration file. */
  readonly isFlagOnly: boolean;
}
