import type { ReproducerDefinition } from '../definition/reproducer-definition.js';
import { workerOptions } from './option-table.js';
import { rowWithoutProperty, type RowOptions, type WorkerOptionRow } from './option-row.js';

const hiddenOption = { group: '', placeholder: 'VALUE', hidden: true } as const;

/**
 * Options whose names are taken and that this version does not serve, so that a command line written for OpenMSIStream or
 * for a later version gets a clear answer: they only report, so they are ignored with a warning.
 */
export const unservedOptions: readonly WorkerOptionRow[] = [
  ignored('dashboard', 'there is no dashboard', { form: 'optional-value', bareValue: 'true' }),
  ignored('logger-file-level', 'log lines go to standard error only'),
  ignored('logger-file-path', 'log lines go to standard error only'),
  ignored('update-seconds', 'progress is printed every few seconds while there is something to do'),
  ignored('treat-undecryptable-as-plaintext', 'nothing is decrypted', { form: 'switch' }),
  ignored('max-wait-per-decrypt', 'nothing is decrypted'),
  ignored('max-initial-wait-per-decrypt', 'nothing is decrypted'),
];

/** The above and, for a class without results, the options that concern results. */
export function unservedOptionsFor(kind: ReproducerDefinition['kind']): readonly WorkerOptionRow[] {
  if (kind === 'reproducer') return unservedOptions;
  const forResults = workerOptions.filter(option => option.needsResults);
  return [...forResults.map(withoutResults), ...unservedOptions];
}

function withoutResults(option: WorkerOptionRow): WorkerOptionRow {
  const { name, aliases, form, placeholder, description } = option;
  const options = { ...hiddenOption, form, placeholder, description, aliases };
  return rowWithoutProperty(name, { ...options, withoutEffect: 'the class produces no results' });
}

function ignored(name: string, because: string, rest: Partial<RowOptions> = {}): WorkerOptionRow {
  const withoutEffect = `${because} in this version`;
  return rowWithoutProperty(name, { ...hiddenOption, description: because, withoutEffect, ...rest });
}
