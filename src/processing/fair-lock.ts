import { AsyncLocalStorage } from 'node:async_hooks';
import { IllegalStateError } from '../errors.js';
import type { ReproducerLock } from './processor-context.js';

/** The lock in somebody's hands, from `acquire` to `release`. */
export interface Holding {
  readonly isHeld: boolean;
  /** Gives the lock to the next in line; a second call does nothing. */
  release(): void;
}

interface Waiter {
  grant(): void;
}

/**
 * A lock for asynchronous code: first come, first served, and a wait can be given up.
 *
 * It is not reentrant. A callback that asks for the lock its own caller holds would wait for itself for ever; that is
 * recognised by the asynchronous context and refused with an error instead.
 */
export class FairLock implements ReproducerLock {
  readonly #owner: string;
  readonly #waiters: Waiter[] = [];
  readonly #inside = new AsyncLocalStorage<Holding>();
  #isHeld = false;

  /** @param owner class and method, for error messages */
  constructor(owner: string) {
    this.#owner = owner;
  }

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

  /** @throws the reason of the signal that was aborted first */
  acquire(signals: readonly AbortSignal[]): Promise<Holding> {
    return new Promise((resolve, reject) => {
      const aborted = signals.find(signal => signal.aborted);
      if (aborted !== undefined) {
        // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- the reason is the caller's choice
        reject(aborted.reason);
        return;
      }
      if (!this.#isHeld) {
        resolve(this.#grant());
        return;
      }
      const stops = signals.map(signal => {
        const onAbort = () => {
          this.#waiters.splice(this.#waiters.indexOf(waiter), 1);
          stopListening();
          // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- as above
          reject(signal.reason);
        };
        signal.addEventListener('abort', onAbort);
        return () => {
          signal.removeEventListener('abort', onAbort);
        };
      });
      const stopListening = () => {
        for (const stop of stops) stop();
      };
      const waiter: Waiter = {
        grant: () => {
          stopListening();
          resolve(this.#grant());
        },
      };
      this.#waiters.push(waiter);
    });
  }

  /** Runs `fn` so that a nested request for the lock is recognised. */
  runHolding<T>(holding: Holding, fn: () => T): T {
    return this.#inside.run(holding, fn);
  }

  #grant(): Holding {
    this.#isHeld = true;
    let isHeld = true;
    return {
      get isHeld() {
        return isHeld;
      },
      release: () => {
        if (!isHeld) return;
        isHeld = false;
        this.#isHeld = false;
        this.#waiters.shift()?.grant();
      },
    };
  }
}
