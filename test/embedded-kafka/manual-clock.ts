import type { Clock, Timer } from '../../src/embedded-kafka/index.js';

/** Time that only moves when a test says so. */
export class ManualClock implements Clock {
  private time = 0;
  private timers: { at: number; action: () => void }[] = [];

  now(): number {
    return this.time;
  }

  startTimer(delayMs: number, action: () => void): Timer {
    const timer = { at: this.time + delayMs, action };
    this.timers.push(timer);
    return { cancel: () => (this.timers = this.timers.filter(other => other !== timer)) };
  }

  get timerCount(): number {
    return this.timers.length;
  }

  /** Moves time forward and fires what is due, in order. */
  advance(ms: number): void {
    const end = this.time + ms;
    for (;;) {
      const next = this.timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (next === undefined) break;
      this.timers = this.timers.filter(timer => timer !== next);
      this.time = next.at;
      next.action();
    }
    this.time = end;
  }
}
