import { isMistaken } from './declared-mistakes.js';
import type { OwnDeclarations, ProcessorRecord } from './metadata-store.js';
import type { ProcessorDefinition } from './reproducer-definition.js';
import { foundText, usageText } from './usage-text.js';

/**
 * The one method with `@Processor`. A subclass that overrides it keeps the declaration; one that decorates the override
 * replaces the options.
 *
 * @param problems gets a sentence for each mistake
 * @returns undefined when there is no method, or more than one
 */
export function resolveProcessor(
  className: string,
  chain: readonly OwnDeclarations[],
  instance: object,
  problems: string[],
): ProcessorDefinition | undefined {
  const declared = new Map<string | symbol, { record: ProcessorRecord; declaredBy: string }>();
  for (const { target, processors } of chain) {
    for (const record of processors) declared.set(record.method, { record, declaredBy: target.name });
  }
  const candidates = [...declared.values()];
  if (candidates.length === 0 && isMistaken(chain, ['Processor'])) return undefined;
  if (candidates.length !== 1) {
    problems.push(countProblem(className, candidates));
    return undefined;
  }
  const { record, declaredBy } = candidates[0]!;
  const value: unknown = Reflect.get(instance, record.method);
  if (typeof value !== 'function') {
    const where = `${declaredBy}.${String(record.method)}`;
    problems.push(
      usageText(where, 'the @Processor method on the instance', foundText(value), 'do not assign to it'),
    );
  }
  return { ...record, declaredBy, options: { ...record.options } };
}

function countProblem(
  className: string,
  candidates: readonly { record: ProcessorRecord; declaredBy: string }[],
): string {
  const expected = 'one method with @Processor';
  if (candidates.length === 0) {
    return usageText(className, expected, 'none', 'write @Processor() before the method that gets each file');
  }
  const names = candidates.map(({ record, declaredBy }) => `${declaredBy}.${String(record.method)}`);
  const isInherited = new Set(candidates.map(({ declaredBy }) => declaredBy)).size > 1;
  const fix = isInherited
    ? `override ${String(candidates[0]!.record.method)} instead of adding a method, or remove @Processor from all but one`
    : 'remove @Processor from all but one';
  return usageText(className, expected, `${candidates.length} (${names.join(', ')})`, fix);
}
