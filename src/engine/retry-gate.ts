import { systemClock, type Clock } from '../processing/clock.js';

/** Doubles with each failure in a row. */
export interface BackoffLimits {
  readonly firstMs: number;
  readonly mostMs: number;
}

/**
 * Lets those whose attempts failed wait together. After a while one of them tries, and all others go on once it got an answer; those that
 * come meanwhile wait as well. Thousands of them cost one timer and one attempt.
 */
export class RetryGate {
  readonly #limits: BackoffLimits;
  readonly #clock: Pick<Clock, 'after'>;
  #waiting: (() => void)[] = [];
  #failureCount = 0;
  /** While nobody may try: ends the wait. */
  #cancel: (() => void) | undefined;
  /** Nobody waited when the time was over: whoever comes next tries. */
  #isNextFree = false;
  #hasClosed = false;

  constructor(limits: BackoffLimits, clock: Pick<Clock, 'after'> = systemClock) {
    this.#limits = limits;
    this.#clock = clock;
  }

  /** Whether attempts fail at present. */
  get isShut(): boolean {
    return this.#failureCount > 0;
  }

  /** Resolves when the caller may try; at once after `close`. */
  async turn(): Promise<void> {
    if (!this.isShut || this.#hasClosed) return;
    if (this.#isNextFree) {
      this.#isNextFree = false;
      return;
    }
    await new Promise<void>(resolve => this.#waiting.push(resolve));
  }

  /** An attempt may succeed later. Those that were under way together count once. */
  failed(): void {
    if (this.#cancel !== undefined || this.#hasClosed) return;
    const { firstMs, mostMs } = this.#limits;
    const delayMs = Math.min(firstMs * 2 ** this.#failureCount, mostMs);
    this.#failureCount += 1;
    this.#isNextFree = false;
    this.#cancel = this.#clock.after(delayMs, () => this.#letOneTry());
  }

  /** An attempt got an answer. */
  succeeded(): void {
    if (!this.isShut) return;
    this.#failureCount = 0;
    this.#stopTimer();
    this.#release();
  }

  /** Whoever had the turn does not try any more: another one does. */
  passOn(): void {
    if (this.isShut && this.#cancel === undefined && !this.#hasClosed) this.#letOneTry();
  }

  /** Nobody waits any more. */
  close(): void {
    this.#hasClosed = true;
    this.#stopTimer();
    this.#release();
  }

  #letOneTry(): void {
    this.#cancel = undefined;
    const first = this.#waiting.shift();
    if (first === undefined) this.#isNextFree = true;
    else first();
  }

  #stopTimer(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #release(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const goOn of waiting) goOn();
  }
}
