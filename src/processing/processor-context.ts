import type { Logger } from '../logger.js';

/** The lock of a class: whatever its calls do inside `runExclusive` happens one at a time. */
export interface ReproducerLock {
  /**
   * Waits for the lock, runs `fn`, gives the lock back, and returns what `fn` returned. First come, first served.
   *
   * A lock taken from a `ProcessorContext` also stops waiting when that call's `signal` is aborted.
   *
   * @param options.signal gives up the wait; it does not interrupt `fn`
   * @throws {IllegalStateError} the caller holds the lock already and would wait for itself
   * @throws the reason of the aborted signal, when the wait was given up
   */
  runExclusive<T>(fn: () => T | PromiseLike<T>, options?: { readonly signal?: AbortSignal }): Promise<T>;
}

/**
 * The second argument of the processor method: what one call may use. Its functions need no `this`, so it can be taken apart:
 * `findPeaks(file, { signal, skip })`.
 */
export interface ProcessorContext {
  /** The same lock for all calls of this class. */
  readonly lock: ReproducerLock;
  /** Logs with the file's path and offsets. */
  readonly log: Logger;
  /**
   * Aborted when nobody wants the result any more: the time limit has passed, the partition went to another worker, or the
   * worker stops without waiting. Hand it to `fetch`, streams, child processes; `signal.reason` is an error that says why.
   *
   * A method that goes on regardless keeps its place, and after a time limit it is waited for only as long again (5 s at
   * least); then the file fails and the next one starts beside the call that is still running.
   */
  readonly signal: AbortSignal;
  /** 1 for the first call with this file. Each attempt gets the same bytes object: do not write into it. */
  readonly attempt: number;
  /** The same for the same file content, class name and class version; use it as a key where results are stored. */
  readonly resultId: string;
  /**
   * Says how far this call is, for people who watch. Cheap enough for a loop: it is reported a few times a second at most.
   * @param fraction 0 to 1
   * @throws {NonRetriableError} it is not a number from 0 to 1
   */
  readonly progress: (fraction: number) => void;
  /** Return what this returns and the file is done without a message: `return context.skip('no peaks')`. */
  readonly skip: (reason: string) => SkippedFile;
}

/** Shared by all copies of the package in a process, so that each recognises what the others made. */
const brand = Symbol.for('kafka-reproducer.SkippedFile');

/** What `context.skip` gives: the file is done, and there is no message. */
export class SkippedFile {
  readonly [brand] = true;

  constructor(readonly reason: string) {}
}

export function isSkippedFile(value: unknown): value is SkippedFile {
  return typeof value === 'object' && value !== null && brand in value;
}
