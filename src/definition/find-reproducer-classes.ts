import { isMistaken } from './declared-mistakes.js';
import { readDeclarations } from './metadata-store.js';
import type { ReproducerClass } from './reproducer-definition.js';

/**
 * Whether a value is a class with `@Reproducer` or `@FileProcessor`, its own or inherited, rightly written or not. Whether it can
 * run is not asked.
 */
export function isReproducerClass(value: unknown): value is ReproducerClass {
  if (typeof value !== 'function') return false;
  const chain = readDeclarations(value as ReproducerClass);
  return (
    chain.some(({ classRecord }) => classRecord !== undefined) ||
    isMistaken(chain, ['Reproducer', 'FileProcessor'])
  );
}

/**
 * The decorated classes among the exports of a module, each once, in the order of the exports.
 *
 * A class that another one of them extends is left out: a module that exports a base and what it makes of it means the latter.
 *
 * @param moduleExports what `import(…)` or `require(…)` gave
 */
export function findReproducerClasses(moduleExports: Readonly<Record<string, unknown>>): ReproducerClass[] {
  const classes = [...new Set(Object.values(moduleExports))].filter(isReproducerClass);
  const isBase = (target: ReproducerClass): boolean =>
    classes.some(other => Object.prototype.isPrototypeOf.call(target, other));
  return classes.filter(target => !isBase(target));
}
