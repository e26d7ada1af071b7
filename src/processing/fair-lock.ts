import { ExclusiveLock, heldUntil, type Holding } from './exclusive-lock.js';

interface Waiter {
  grant(): void;
}

/** A lock for asynchronous code: first come, first served, and a wait can be given up. */
export class FairLock extends ExclusiveLock {
  readonly #waiters: Waiter[] = [];
  #isHeld = false;

  override acquire(signals: readonly AbortSignal[]): Promise<Holding> {
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

  #grant(): Holding {
    this.#isHeld = true;
    return heldUntil(() => {
      this.#isHeld = false;
      this.#waiters.shift()?.grant();
    });
  }
}
