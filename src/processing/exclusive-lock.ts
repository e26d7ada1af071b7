import { AsyncLocalStorage } from 'node:async_hooks';
import { IllegalStateError } from '../errors.js';
import type { ReproducerLock } from './processor-context.js';

/** The lock in somebody's hands, from `acquire` to `release`. */
export interface Holding {
  readonly isHeld: boolean;
  /** Gives the lock to the next in line; a second call does nothing. */
  release(): void;
}

/** Calls `release` once, however often it is given back. */
export function heldUntil(release: () => void): Holding {
  let isHeld = true;
  return {
    get isHeld() {
      return isHeld;
    },
    release: () => {
      if (!isHeld) return;
      isHeld = false;
      release();
    },
  };
}

/**
 * What the method gets as `context.lock`, wherever the lock itself is: in this thread, or in the one that started it.
 *
 * It is not reentrant. A callback that asks for the lock its own caller holds would wait for itself for ever; that is
 * recognised by the asynchronous context and refused with an error instead.
 */
export abstract class ExclusiveLock implements ReproducerLock {
  readonly #owner: string;
  readonly #inside = new AsyncLocalStorage<Holding>();

  /** @param owner class and method, for error messages */
  constructor(owner: string) {
    this.#owner = owner;
  }

  /** @throws the reason of the signal that was aborted first */
  abstract acquire(signals: readonly AbortSignal[]): Promise<Holding>;

  async runExclusive<T>(
    fn: () => T | PromiseLike<T>,
    options: { readonly signal?: AbortSignal } = {},
  ): Promise<T> {
    return this.runExclusiveUnless(options.signal === undefined ? [] : [options.signal], fn);
  }

  /** As `runExclusive`, given up as soon as one of the signals is aborted. */
  async runExclusiveUnless<T>(signals: readonly AbortSignal[], fn: () => T | PromiseLike<T>): Promise<T> {
    if (this.#inside.getStore()?.isHeld === true) {
      throw new IllegalStateError(
        `${this.#owner}: lock.runExclusive was called by code that already holds the lock (inside runExclusive, or ` +
          `in a method with exclusive: true), so it would wait for itself for ever. Take the lock once, around all of it.`,
      );
    }
    const holding = await this.acquire(signals);
    try {
      // An abort between the grant and this line found nobody waiting any more.
      for (const signal of signals) signal.throwIfAborted();
      return await this.runHolding(holding, fn);
    } finally {
      holding.release();
    }
  }

  /** Runs `fn` so that a nested request for the lock is recognised. */
  runHolding<T>(holding: Holding, fn: () => T): T {
    return this.#inside.run(holding, fn);
  }
}
