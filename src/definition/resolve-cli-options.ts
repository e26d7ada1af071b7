import type { CliOptionOptions } from './decorator-options.js';
import { environmentName } from './flag-names.js';
import type { CliOptionRecord, OwnDeclarations } from './metadata-store.js';
import type { CliOptionDefinition } from './reproducer-definition.js';
import { resolveOptionType } from './resolve-option-type.js';
import { foundText, usageText } from './usage-text.js';

interface DeclaredOption {
  readonly record: CliOptionRecord;
  readonly declaredBy: string;
}

/**
 * The options of a class: those of its bases first, in declaration order. A property that is declared again keeps its place
 * and has the later decorator's settings only.
 *
 * @param instance its property values are the defaults; a subclass may so change one without a decorator
 * @param problems gets a sentence for each mistake
 */
export function resolveCliOptions(
  chain: readonly OwnDeclarations[],
  instance: object,
  problems: string[],
): CliOptionDefinition[] {
  const declared = new Map<string, DeclaredOption>();
  for (const { target, cliOptions } of chain) {
    for (const record of cliOptions) declared.set(record.property, { record, declaredBy: target.name });
  }
  return [...declared.values()].flatMap(option => resolveOne(option, instance, problems) ?? []);
}

function resolveOne(
  { record, declaredBy }: DeclaredOption,
  instance: object,
  problems: string[],
): CliOptionDefinition | undefined {
  const { property, name, shortFlag, options } = record;
  const where = `${declaredBy}.${property}`;
  const value: unknown = Reflect.get(instance, property);
  const resolved = resolveOptionType(where, value, options);
  if (resolved.kind === 'problem') {
    problems.push(resolved.text);
    return undefined;
  }
  const { type } = resolved;
  problems.push(...choiceProblems(where, type, value, options));
  if (name === undefined) return undefined;
  const { description, choices, group, parse } = options;
  return {
    property,
    declaredBy,
    name,
    ...(shortFlag === undefined ? {} : { shortFlag }),
    type,
    defaultValue: Array.isArray(value) ? [...(value as unknown[])] : (value ?? undefined),
    ...(description === undefined ? {} : { description }),
    ...(choices === undefined ? {} : { choices: [...choices] }),
    required: options.required ?? false,
    env: options.env ?? environmentName(name),
    secret: options.secret ?? false,
    hidden: options.hidden ?? false,
    ...(group === undefined ? {} : { group }),
    ...(parse === undefined ? {} : { parse }),
  };
}

/** The default must be one of the choices, unless it is never used. */
function choiceProblems(
  where: string,
  type: CliOptionDefinition['type'],
  value: unknown,
  { choices, required, parse }: CliOptionOptions,
): string[] {
  if (choices === undefined) return [];
  if (type === 'boolean') {
    const fix = 'remove choices, or make the initial value a string';
    return [usageText(where, 'a value that can be one of several, for its choices', 'a switch', fix)];
  }
  if (value == null || required === true || parse !== undefined) return [];
  const items: readonly unknown[] = Array.isArray(value) ? value : [value];
  const foreign = items.filter(item => !choices.includes(String(item)));
  if (foreign.length === 0) return [];
  const found = foreign.map(foundText).join(', ');
  return [
    usageText(
      where,
      `an initial value among its choices (${choices.join(', ')})`,
      found,
      'add it to them or change it',
    ),
  ];
}
