import type { CompiledWorkerOptions } from '../config/worker-options.js';
import type { Logger } from '../logger.js';
import type { RunSummary } from '../observe/run-summary.js';
import type { ReproducerLock } from '../processing/processor-context.js';
import { DecoratorUsageError } from '../errors.js';

/** What `onStart` gets. The class's own options are set by then. */
export interface StartContext {
  readonly log: Logger;
  /** The worker's options, every default filled in. Holds the passwords of the connection: do not log it whole. */
  readonly options: CompiledWorkerOptions;
  /** The lock that the method's calls get too. */
  readonly lock: ReproducerLock;
  /** Aborted when the worker is told to stop: give up waiting for what `onStart` waits for. */
  readonly signal: AbortSignal;
}

/** What `onStop` gets. */
export interface StopContext extends StartContext {
  /** What the run did. */
  readonly summary: RunSummary;
}

/** Methods that a decorated class may have. Both may return a promise, which is waited for. */
export interface LifecycleHooks {
  /**
   * Before the first message is read. What it throws ends the worker with exit code 1; nothing has been read then. From the stop on
   * it has `--drain-timeout` to end, and what it throws then is only logged. Not called when the worker was stopped before.
   */
  onStart?(context: StartContext): unknown;
  /**
   * After the last call has ended (one that was told to stop has a second for that) and offsets are committed, also when the run
   * failed; not without an `onStart` that ended well. What it
   * throws is logged and makes the exit code 1. It has `--drain-timeout`; if it has not ended then, the process ends without it,
   * with exit code 1.
   */
  onStop?(context: StopContext): unknown;
}

/**
 * Finds the hooks of an instance.
 *
 * @param name of the class, for errors
 * @throws {DecoratorUsageError} a member of that name is no method
 */
export function hooksOf(instance: LifecycleHooks, name: string): Required<LifecycleHooks> {
  const problems: string[] = [];
  const bound = <K extends keyof LifecycleHooks>(key: K): NonNullable<LifecycleHooks[K]> => {
    const member: unknown = instance[key];
    if (member !== undefined && typeof member !== 'function') {
      problems.push(`${name}.${key} must be a method, found ${typeof member}; choose another name for it`);
    }
    return (context: never) => instance[key]?.(context);
  };
  const hooks = { onStart: bound('onStart'), onStop: bound('onStop') };
  if (problems.length > 0) throw new DecoratorUsageError(problems);
  return hooks;
}
