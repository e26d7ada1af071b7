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
  const needed = neededArguments(target);
  if (needed > 0) {
    throw new DecoratorUsageError(
      `${target.name}: the constructor needs ${needed === 1 ? 'an argument' : `${needed} arguments`}; ` +
        `give create in the options, as in { create: () => new ${target.name}(…) }`,
    );
  }
  return new (target as new () => T)();
}

/** A class without a constructor of its own has that of its base, and hands all arguments on; its `length` does not say so. */
function neededArguments(target: ReproducerClass): number {
  const text = Function.prototype.toString.call(target);
  const handsOn = /\bsuper\(\.\.\.arguments\)/.test(text) || !/\bconstructor\s*\(/.test(text);
  const base: unknown = Object.getPrototypeOf(target);
  if (target.length > 0 || !handsOn || typeof base !== 'function' || base === Function.prototype) {
    return target.length;
  }
  return neededArguments(base as ReproducerClass);
}

function describe(value: unknown): string {
  if (value === null) return 'null';
  if (typeof value !== 'object') return typeof value;
  const { constructor } = value;
  return typeof constructor === 'function' ? `a ${constructor.name}` : 'an object';
}
