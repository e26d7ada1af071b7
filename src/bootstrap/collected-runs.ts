import type { ReproducerClass } from '../definition/reproducer-definition.js';
import type { RunReproducerOverrides } from './run-options.js';

/** A call of `runReproducer` that was noted instead of executed. */
export interface CollectedRun {
  readonly target: ReproducerClass;
  readonly overrides: RunReproducerOverrides;
}

/** Shared by all copies of the package in a process: the command may be installed elsewhere than the class's import. */
const key = Symbol.for('kafka-reproducer.collected-runs');
const shared = globalThis as { [key]?: CollectedRun[] | undefined };

/**
 * From now on `runReproducer` runs nothing in this process and notes its arguments here: `reproducer run FILE` imports a
 * module to run its class itself, with the overrides (such as `create`) that the module gives it.
 */
export function collectRuns(): readonly CollectedRun[] {
  return (shared[key] ??= []);
}

/** @returns whether runs are being collected, and this one was */
export function collectRun<T extends object>(
  target: ReproducerClass<T>,
  overrides: RunReproducerOverrides<T>,
): boolean {
  if (shared[key] === undefined) return false;
  shared[key].push({ target, overrides });
  return true;
}
