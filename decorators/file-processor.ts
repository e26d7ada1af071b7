import type { ReproducerOptions } from '../src/definition/decorator-options.js';
import { decorateClass, type ReproducerClassDecorator } from './class-decorator.js';
import { lacksParentheses } from './note-mistakes.js';

/**
 * Makes a class a worker without results: each file from a topic goes through its `@Processor` method, whose work is its side
 * effect (OpenMSIStream's DataFileStreamProcessor). A value that the method returns is an error of that file.
 *
 * @param consumeTopic - topic with the chunks of files; `--consume-topic` overrides it, and must be given where it is left out
 * @param options - worker options that are the defaults of this class; configuration file, environment and flags override them
 */
export function FileProcessor(consumeTopic?: string, options?: ReproducerOptions): ReproducerClassDecorator;
export function FileProcessor(...given: readonly unknown[]): ReproducerClassDecorator {
  if (lacksParentheses('FileProcessor', given)) return undefined as never;
  const [consumeTopic, options = {}] = given;
  return (...args: readonly unknown[]) =>
    decorateClass('FileProcessor', args, { kind: 'file-processor', topics: { consumeTopic }, options });
}
