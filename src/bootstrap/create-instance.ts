import type { ReproducerClass } from '../definition/reproducer-definition.js';
import { DecoratorUsageError } from '../errors.js';

/**
 * Makes the user's object: by `create` if given, else by the constructor without arguments.
 *
 * @throws {DecoratorUsageError} the class cannot be made that way; what a constructor or `create` throws comes as it is.
 */
export async function createInstance<T extends object>(
  target: ReproducerClass<T>,
  create?: () => T | Promise<T>,
): Promise<T> {
  const given: unknown = target;
  if (typeof given !== 'function') {
    throw new DecoratorUsageError(
      `expected a class, found ${describe(given)}: pass the class itself, as in runReproducer(PeakFinder, import.meta)`,
    );
  }
  if (create === undefined) return construct(target);
  const instance: unknown = await create();
  if (instance instanceof target) return instance;
  throw new DecoratorUsageError(
    `${target.name}: create must return an instance of ${target.name}, found ${describe(instance)}; ` +
      `write create: () => new ${target.name}(…)`,
  );
}

function construct<T extends object>(target: ReproducerClass<T>): T {
  if (target.length > 0) {
    throw new DecoratorUsageError(
      `${target.name}: the constructor needs ${target.length === 1 ? 'an argument' : `${target.length} arguments`}; ` +
        `give create in the options, as in { create: () => new ${target.name}(…) }`,
    );
  }
  return new (target as new () => T)();
}

function describe(value: unknown): string {
  if (value === null) return 'null';
  if (typeof value !== 'object') return typeof value;
  const { constructor } = value;
  return typeof constructor === 'function' ? `a ${constructor.name}` : 'an object';
}
