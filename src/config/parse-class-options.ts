import type { CliOptionDefinition, ReproducerDefinition } from '../definition/reproducer-definition.js';
import { classOptions, type ClassOptionSpec } from './class-options.js';
import { violationsOf } from './describe-violations.js';
import { ConfigError } from '../errors.js';
import { foundText, subjectOf, type GivenValue } from './given-values.js';
import type { GatheredValues } from './gather-values.js';
import type { RawValue } from './option-spec.js';
import { valueText } from './value-text.js';
import { parseBoolean } from './values/parse-boolean.js';
import { parseList } from './values/parse-list.js';
import { parseNumber } from './values/parse-number.js';

/** What is read of all that was given. */
type ClassInput = Pick<GatheredValues, 'values' | 'problems' | 'isComplete' | 'unusable'>;

/**
 * Gives the options of the user's class their values: converts what was given, assigns it to the instance, and checks the
 * instance with the class-validator rules of its class.
 *
 * @returns the value of every option by property, given or not.
 */
export function parseClassOptions(
  definition: ReproducerDefinition,
  instance: object,
  gathered: ClassInput,
): Record<string, unknown> {
  const specs = classOptions(definition);
  const failed = new Set<string>();
  for (const spec of specs) {
    const given = gathered.values.get(spec.name);
    const problem = given === undefined ? missingProblem(spec, gathered) : assign(spec, given, instance);
    if (problem === undefined) continue;
    if (problem !== '') gathered.problems.push(problem);
    failed.add(spec.definition.property);
  }
  reportViolations(definition, specs, instance, gathered, failed);
  return Object.fromEntries(
    specs.map(({ definition: { property } }) => [property, Reflect.get(instance, property) as unknown]),
  );
}

/** Empty text: missing, yet not to be told, because it is given in a way that is told already. */
function missingProblem(spec: ClassOptionSpec, gathered: ClassInput): string | undefined {
  if (!spec.definition.required) return undefined;
  if (!gathered.isComplete || gathered.unusable.has(spec.name)) return '';
  const example = [`--${spec.name}`, spec.placeholder].join(' ').trim();
  return `--${spec.name} is missing: give ${example}, set ${spec.definition.env}, or write ${spec.name} into [reproducer] of a --config file`;
}

function assign(spec: ClassOptionSpec, given: GivenValue, instance: object): string | undefined {
  try {
    const value = convert(spec.definition, given.raw);
    if (!Reflect.set(instance, spec.definition.property, value)) {
      throw new Error(`cannot be set: the property ${spec.definition.property} is read-only`);
    }
    return undefined;
  } catch (error) {
    // The text of a user's parse function may quote the value, so it is left out where the value is secret.
    const isOwnText = error instanceof ConfigError || !spec.secret;
    const reason = isOwnText ? messageOf(error) : 'cannot be parsed';
    const separator = error instanceof ConfigError ? ' ' : ': ';
    const subject = subjectOf(spec.name, given);
    return `${subject}${separator}${reason}${foundText(given.raw, spec.secret)}`;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function convert(option: CliOptionDefinition, raw: RawValue): unknown {
  if (option.type !== 'string[]') {
    if (typeof raw !== 'string') throw new ConfigError('must be one value, not a list');
    return convertOne(option, raw);
  }
  const items = typeof raw === 'string' ? parseList(raw) : raw;
  return items.map(item => convertOne(option, item));
}

function convertOne(option: CliOptionDefinition, text: string): unknown {
  if (option.choices !== undefined && !option.choices.includes(text)) {
    throw new ConfigError(`must be one of ${option.choices.join(', ')}`);
  }
  if (option.parse !== undefined) return option.parse(text);
  switch (option.type) {
    case 'number':
      return parseNumber(text);
    case 'boolean':
      return parseBoolean(text);
    case 'string':
    case 'string[]':
      return text;
  }
}

function reportViolations(
  definition: ReproducerDefinition,
  specs: readonly ClassOptionSpec[],
  instance: object,
  gathered: ClassInput,
  failed: ReadonlySet<string>,
): void {
  const specOf = (property: string): ClassOptionSpec | undefined =>
    specs.find(spec => spec.definition.property === property);
  const shownName = (property: string): string => {
    const spec = specOf(property);
    return spec === undefined ? `${definition.name}.${property}` : `--${spec.name}`;
  };
  for (const { property, text, isSentence, value } of violationsOf(instance, shownName)) {
    if (failed.has(property)) continue;
    const spec = specOf(property);
    const given = spec === undefined ? undefined : gathered.values.get(spec.name);
    const origin = given ?? { raw: '', origin: `class ${definition.name}` };
    const subject = spec === undefined ? shownName(property) : subjectOf(spec.name, origin);
    const isSecret = spec?.secret ?? false;
    // A rule's own message may quote the value.
    const reason = isSecret ? hide(text, valueText(value)) : text;
    const found = foundText(given?.raw ?? shortText(value), isSecret);
    gathered.problems.push(`${subject}${isSentence ? ': ' : ' '}${reason}${found}`);
  }
}

function hide(text: string, secret: string): string {
  return secret === '' ? text : text.replaceAll(secret, '****');
}

function shortText(value: unknown): string {
  const text = valueText(value);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
