import type { Clock } from '../../src/processing/clock.js';

interface Timer {
  readonly atMs: number;
  readonly callback: () => void;
}

/** A clock that moves only when a test says so; timers fire in order of time, then of creation. */
export class FakeClock implements Clock {
  #nowMs = 0;
  #timers: Timer[] = [];
  #deferred: (() => void)[] = [];

  now(): number {
    return this.#nowMs;
  }

  after(ms: number, callback: () => void): () => void {
    const timer = { atMs: this.#nowMs + ms, callback };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter(other => other !== timer);
    };
  }

  defer(callback: () => void): void {
    this.#deferred.push(callback);
  }

  get timerCount(): number {
    return this.#timers.length;
  }

  /** For methods under test. */
  sleep(ms: number): Promise<void> {
    return new Promise(resolve => void this.after(ms, resolve));
  }

  /** Runs everything that is due without time passing. */
  async settle(): Promise<void> {
    do {
      for (const callback of this.#deferred.splice(0)) callback();
      // All promise reactions run before the next turn of the event loop.
      await new Promise(resolve => setImmediate(resolve));
    } while (this.#deferred.length > 0);
  }

  /** Lets `ms` pass, with everything that becomes due meanwhile. */
  async advance(ms: number): Promise<void> {
    const endMs = this.#nowMs + ms;
    await this.settle();
    for (let next = this.#nextBefore(endMs); next !== undefined; next = this.#nextBefore(endMs)) {
      await this.#fire(next);
    }
    this.#nowMs = endMs;
  }

  /** Lets time pass until no timer is left. */
  async runAll(): Promise<void> {
    await this.settle();
    for (let next = this.#nextBefore(Infinity); next !== undefined; next = this.#nextBefore(Infinity)) {
      await this.#fire(next);
    }
  }

  #nextBefore(endMs: number): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.#timers)
      if (timer.atMs <= endMs && (next === undefined || timer.atMs < next.atMs)) next = timer;
    return next;
  }

  async #fire(timer: Timer): Promise<void> {
    this.#timers = this.#timers.filter(other => other !== timer);
    this.#nowMs = timer.atMs;
    timer.callback();
    await this.settle();
  }
}
