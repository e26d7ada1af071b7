import type { ReproducerDefinition } from '../definition/reproducer-definition.js';
import { DecoratorUsageError, NonRetriableError } from '../errors.js';
import type { DataFile } from './data-file.js';
import type { SerializedError } from './file-work.js';
import type { Method } from './invoke-method.js';
import { serializeError } from './serialize-error.js';

/**
 * The method that `@Processor` marks, ready to be called on an instance.
 *
 * @throws {DecoratorUsageError} the instance has no such method
 */
export function processorMethod(
  definition: ReproducerDefinition,
  instance: object,
  produceTopic: string | undefined,
): Method {
  const { method, declaredBy } = definition.processor;
  const name = `${declaredBy}.${String(method)}`;
  const found: unknown = Reflect.get(instance, method);
  if (typeof found !== 'function') {
    const what = found === undefined ? 'nothing' : `a ${typeof found}`;
    throw new DecoratorUsageError(
      `${name}: expected the @Processor method on the instance, found ${what}; does a property or the constructor replace it?`,
    );
  }
  const invoke: Method['invoke'] = (file, context): unknown =>
    Reflect.apply(found, instance, [file, context]);
  return { kind: definition.kind, name, invoke, produceTopic };
}

/** The one lane of `exclusive: true`. */
const classLane = Symbol('class');

export type LaneOfFile =
  | { readonly kind: 'lane'; readonly lane: string | symbol | undefined }
  | { readonly kind: 'failed'; readonly error: SerializedError };

/** Which calls the call with `file` may not overlap with, as `exclusive` says. Never throws, though it calls the user's function. */
export function laneOf(definition: ReproducerDefinition, method: string, file: DataFile): LaneOfFile {
  const { exclusive } = definition.processor.options;
  if (typeof exclusive !== 'function')
    return { kind: 'lane', lane: exclusive === true ? classLane : undefined };
  try {
    const key: unknown = exclusive(file);
    if (typeof key === 'string') return { kind: 'lane', lane: key };
    // A rejection nobody handles would end the process.
    Promise.resolve(key).catch(() => undefined);
    throw new TypeError(
      `it returned ${key instanceof Promise ? 'a promise' : `a value of type ${typeof key}`}`,
    );
  } catch (cause) {
    const what = `${method}: the function given as exclusive must return a string as key, and did not for ${file.path}`;
    return { kind: 'failed', error: serializeError(new NonRetriableError(what, { cause })) };
  }
}
