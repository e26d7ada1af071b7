import type { CliOptionDefinition, ReproducerDefinition } from '../definition/reproducer-definition.js';
import { valueText } from './value-text.js';
import type { OptionForm, OptionSpec } from './option-spec.js';

/** An option that the user's class declares with `@CliOption`. */
export interface ClassOptionSpec extends OptionSpec {
  readonly definition: CliOptionDefinition;
}

const forms: Readonly<Record<CliOptionDefinition['type'], OptionForm>> = {
  boolean: 'switch',
  'string[]': 'list',
  number: 'value',
  string: 'value',
};

const placeholders: Readonly<Record<CliOptionDefinition['type'], string>> = {
  boolean: '',
  'string[]': 'TEXT',
  number: 'NUMBER',
  string: 'TEXT',
};

/** The options of the class and of the classes it extends, as the parser, the environment and the docs need them. */
export function classOptions(definition: ReproducerDefinition): ClassOptionSpec[] {
  return definition.cliOptions.map(option => {
    const defaultText = option.secret ? undefined : defaultOf(option.defaultValue);
    return {
      owner: 'class',
      definition: option,
      name: option.name,
      ...(option.shortFlag === undefined ? {} : { shortFlag: option.shortFlag }),
      aliases: [],
      env: option.env,
      form: forms[option.type],
      placeholder: placeholders[option.type],
      ...(defaultText === undefined ? {} : { defaultText }),
      description: `${option.description ?? ''}${option.required ? ' (required)' : ''}`.trim(),
      group: heading(option.group ?? `${definition.name} options`),
      hidden: option.hidden,
      secret: option.secret,
      ...(option.choices === undefined ? {} : { choices: option.choices }),
    };
  });
}

function heading(group: string): string {
  return group.endsWith(':') ? group : `${group}:`;
}

/** Text of the default for --help; none for what says nothing: empty, or a switch that is off. */
function defaultOf(value: unknown): string | undefined {
  const text = valueText(value);
  return text === '' || value === false ? undefined : text;
}
