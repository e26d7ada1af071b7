import { cliOptionTypes, type CliOptionType } from './reproducer-definition.js';
import { foundText, usageText } from './usage-text.js';

export type OptionType =
  | { readonly kind: 'type'; readonly type: CliOptionType }
  | { readonly kind: 'problem'; readonly text: string };

/**
 * The type of an option from its initial value and what the decorator says, never from types that the compiler emits.
 *
 * With `parse` any value is allowed: the type then only says how the flag is written (a switch, a list, one value).
 */
export function resolveOptionType(
  where: string,
  value: unknown,
  options: { readonly type?: CliOptionType; readonly parse?: unknown },
): OptionType {
  const { type, parse } = options;
  const inferred = typeOfValue(value);
  if (parse !== undefined) return { kind: 'type', type: type ?? inferred ?? formOf(value) };
  if (value === undefined || value === null) {
    if (type !== undefined) return { kind: 'type', type };
    const fix = "give one, or the type, as in @CliOption({ type: 'string' })";
    return problem(where, 'an initial value', String(value), fix);
  }
  if (inferred === undefined) {
    const fix = 'give parse, which makes it from text';
    return problem(where, `an initial value of type ${cliOptionTypes.join(', ')}`, foundText(value), fix);
  }
  if (type !== undefined && type !== inferred) {
    const fix = `remove the type, or write type: '${inferred}'`;
    return problem(where, `an initial value of type ${type}, as type says`, foundText(value), fix);
  }
  return { kind: 'type', type: inferred };
}

function problem(where: string, expected: string, found: string, fix: string): OptionType {
  return { kind: 'problem', text: usageText(where, expected, found, fix) };
}

function typeOfValue(value: unknown): CliOptionType | undefined {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
    return typeof value as CliOptionType;
  }
  return Array.isArray(value) && value.every(item => typeof item === 'string') ? 'string[]' : undefined;
}

function formOf(value: unknown): CliOptionType {
  return Array.isArray(value) ? 'string[]' : 'string';
}
