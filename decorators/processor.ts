import type { ProcessorOptions } from '../src/definition/decorator-options.js';
import { ownProcessors, recordProcessor } from '../src/definition/metadata-store.js';
import { expectedText } from '../src/definition/usage-text.js';
import type { ProcessorReturn } from '../src/processing/collect-result.js';
import type { DataFile } from '../src/processing/data-file.js';
import type { ProcessorContext } from '../src/processing/processor-context.js';
import type { InstanceMember, InstanceTarget } from './member-types.js';
import { lacksParentheses, noteMistakes } from './note-mistakes.js';
import { count, filePattern, milliseconds, oneOf, type OptionRules } from './option-rules.js';
import { checkOptions, decoratedMember } from './usage-checks.js';

/** A method that `@Processor` can stand on; it may take fewer parameters. */
export type ProcessorMethod = (
  file: DataFile,
  context: ProcessorContext,
) => ProcessorReturn | PromiseLike<ProcessorReturn>;

/** A decorator for one method of an instance, in both dialects. */
export interface ProcessorDecorator {
  /** Standard. */
  <This, M extends ProcessorMethod>(
    method: M,
    context: ClassMethodDecoratorContext<This, M & ((this: This, ...args: never[]) => unknown)> &
      InstanceMember,
  ): void;
  /** Legacy. */
  <M extends ProcessorMethod>(
    target: InstanceTarget,
    name: string | symbol,
    descriptor: TypedPropertyDescriptor<M>,
  ): void;
}

const optionRules: OptionRules<ProcessorOptions> = {
  exclusive: {
    expected: 'true, false or a function that gives a key',
    accepts: value => typeof value === 'boolean' || typeof value === 'function',
    example: 'file => file.subdirectory',
  },
  concurrency: count,
  isolation: oneOf('none', 'thread', 'process'),
  attempts: count,
  backoffMs: milliseconds(0),
  timeoutMs: milliseconds(1),
  onFailure: oneOf('dead-letter', 'stop'),
  match: filePattern,
};

/**
 * Marks the method that gets each file: `findPeaks(file: DataFile, context: ProcessorContext)`.
 *
 * One per class. A subclass that overrides the method keeps the declaration; one that decorates the override replaces all of
 * its options.
 */
export function Processor(options?: ProcessorOptions): ProcessorDecorator;
export function Processor(...given: readonly unknown[]): ProcessorDecorator {
  if (lacksParentheses('Processor', given)) return undefined as never;
  const [options = {}] = given;
  return (...args: readonly unknown[]): void => {
    const decorated = decoratedMember('Processor', args, ['method']);
    if (decorated === undefined) return;
    const { carrier, name } = decorated;
    const { mistakes, usable } = checkOptions('Processor', options, optionRules);
    const isRepeated = ownProcessors(carrier).some(({ method }) => method === name);
    noteMistakes('Processor', decorated, [
      ...mistakes,
      ...(isRepeated ? [expectedText('one @Processor', 'a second', 'remove one of them')] : []),
    ]);
    if (!isRepeated) recordProcessor(carrier, { method: name, options: usable });
  };
}
