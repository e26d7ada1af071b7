import {
  environmentName,
  type OptionAlias,
  type OptionForm,
  type RawValue,
  type WorkerOptionSpec,
} from './option-spec.js';
import type { WorkerSettings } from './worker-settings.js';

export interface RowOptions {
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
  hidden?: boolean;
  /** Why the option changes nothing; becomes a warning when it is given. */
  withoutEffect?: string;
}

/** A row of the table and the default that its users see. */
export interface WorkerOptionRow extends WorkerOptionSpec {
  readonly default?: string;
  readonly withoutEffect?: string;
}

/** Makes a row that sets a property; the parser must fit the property's type. */
export function row<K extends keyof WorkerSettings>(
  name: string,
  property: K,
  parse: (text: string) => WorkerSettings[K],
  options: RowOptions,
): WorkerOptionRow {
  const apply = (settings: WorkerSettings, raw: RawValue): void => {
    settings[property] = parse(oneText(raw));
  };
  return { ...described(name, options), property, apply };
}

/** Makes a row that sets nothing; `check` may refuse its value. */
export function rowWithoutProperty(
  name: string,
  options: RowOptions,
  check?: (text: string) => void,
): WorkerOptionRow {
  return { ...described(name, options), apply: (_settings, raw) => check?.(oneText(raw)) };
}

function described(name: string, options: RowOptions): Omit<WorkerOptionRow, 'apply'> {
  const { aliases = [], default: fixed, ...rest } = options;
  return {
    owner: 'worker',
    form: 'value',
    placeholder: '',
    hidden: false,
    needsResults: false,
    isFlagOnly: false,
    secret: false,
    ...rest,
    name,
    aliases: aliases.map(alias => (typeof alias === 'string' ? { name: alias } : alias)),
    ...(fixed === undefined ? {} : { default: fixed, defaultText: fixed }),
    ...(options.isFlagOnly === true ? {} : { env: environmentName(name) }),
  };
}

function oneText(raw: RawValue): string {
  return typeof raw === 'string' ? raw : raw.join(',');
}
