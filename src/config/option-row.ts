import {
  environmentName,
  type OptionAlias,
  type OptionForm,
  type RawValue,
  type WorkerOptionSpec,
} from './option-spec.js';
import type { WorkerSettings } from './worker-settings.js';

interface RowOptions {
  description: string;
  group: string;
  placeholder?: string;
  /** Also parsed as the lowest of all sources, so --help, docs and behaviour cannot differ. */
  default?: string;
  /** What --help says where the default is not a fixed text. */
  defaultText?: string;
  aliases?: readonly (string | OptionAlias)[];
  shortFlag?: string;
  form?: OptionForm;
  bareValue?: string;
  choices?: readonly string[];
  needsResults?: boolean;
  isFlagOnly?: boolean;
}

/** A row of the table and the default that its users see. */
export interface WorkerOptionRow extends WorkerOptionSpec {
  readonly default?: string;
}

/** Makes a row whose parser must fit the type of its property. */
export function row<K extends keyof WorkerSettings>(
  name: string,
  property: K | undefined,
  parse: (text: string) => WorkerSettings[K],
  options: RowOptions,
): WorkerOptionRow {
  const { aliases = [], default: fixed, ...rest } = options;
  return {
    ...rest,
    name,
    form: options.form ?? 'value',
    placeholder: options.placeholder ?? '',
    aliases: aliases.map(alias => (typeof alias === 'string' ? { name: alias } : alias)),
    ...(fixed === undefined ? {} : { default: fixed, defaultText: fixed }),
    ...(options.isFlagOnly === true ? {} : { env: environmentName(name) }),
    ...(property === undefined ? {} : { property }),
    hidden: false,
    secret: false,
    needsResults: options.needsResults ?? false,
    isFlagOnly: options.isFlagOnly ?? false,
    apply: (settings, raw) => {
      if (property !== undefined) settings[property] = parse(oneText(raw));
    },
  };
}

function oneText(raw: RawValue): string {
  return typeof raw === 'string' ? raw : raw.join(',');
}

/** An option that steers the command line itself and sets nothing. */
export function steering(
  name: string,
  description: string,
  group: string,
  rest: Partial<RowOptions> = {},
): WorkerOptionRow {
  return row(name, undefined, () => undefined, {
    description,
    group,
    form: 'switch',
    isFlagOnly: true,
    ...rest,
  });
}
