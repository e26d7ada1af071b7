import type { ReproducerOptions } from '../src/definition/decorator-options.js';
import { decorateClass, type ReproducerClassDecorator } from './class-decorator.js';
import { lacksParentheses } from './note-mistakes.js';

/**
 * Makes a class a worker: each file from one topic goes through its `@Processor` method, and what that returns goes to another
 * topic.
 *
 * A subclass inherits it; one that is decorated itself adds to it: topics and options that it leaves out are inherited (but
 * for `name`).
 *
 * @param consumeTopic - topic with the chunks of files; `--consume-topic` overrides it, and must be given where it is left out
 * @param produceTopic - topic for the results; the same with `--produce-topic`
 * @param options - worker options that are the defaults of this class; configuration file, environment and flags override them
 */
export function Reproducer(
  consumeTopic?: string,
  produceTopic?: string,
  options?: ReproducerOptions,
): ReproducerClassDecorator;
export function Reproducer(...given: readonly unknown[]): ReproducerClassDecorator {
  if (lacksParentheses('Reproducer', given)) return undefined as never;
  const [consumeTopic, produceTopic, options = {}] = given;
  return (...args: readonly unknown[]) =>
    decorateClass('Reproducer', args, {
      kind: 'reproducer',
      topics: { consumeTopic, produceTopic },
      options,
    });
}
