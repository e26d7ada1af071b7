import { type Clock, type Timer } from './clock.js';

interface VirtualTimer {
  readonly at: number;
  readonly action: () => void;
}

/**
 * Time that a test moves: a session timeout of a minute passes in no time.
 *
 * ```ts
 * const clock = new VirtualClock();
 * const kafka = await EmbeddedKafka.start({ clock });
 * clock.advance(60_000); // session timeouts, rebalance timeouts and waiting fetches of that time are over
 * ```
 */
export class VirtualClock implements Clock {
  private readonly timers = new Set<VirtualTimer>();
  private readonly isRunning: boolean;
  private readonly startedMs = performance.now();
  private time: number;
  /** The due time of the timer that fires just now. */
  private firingMs: number | undefined;
  private wake: NodeJS.Timeout | undefined;

  /**
   * @param options - `startMs`: milliseconds since 1970 at which it starts (default: now); `isRunning`: whether it also
   *   moves by itself, as fast as real time (default: false, it stands still between calls of `advance`)
   */
  constructor(options: { readonly startMs?: number; readonly isRunning?: boolean } = {}) {
    this.time = options.startMs ?? Date.now();
    this.isRunning = options.isRunning ?? false;
  }

  now(): number {
    return Math.floor(this.firingMs ?? this.exactTime());
  }

  startTimer(delayMs: number, action: () => void): Timer {
    const timer = { at: (this.firingMs ?? this.exactTime()) + delayMs, action };
    this.timers.add(timer);
    this.scheduleWake();
    return {
      cancel: () => {
        this.timers.delete(timer);
        this.scheduleWake();
      },
    };
  }

  /** Number of timers that have not fired. */
  get timerCount(): number {
    return this.timers.size;
  }

  /** Moves time forward and fires what is due, in order of time, also what is started meanwhile. */
  advance(ms: number): void {
    const endMs = this.exactTime() + ms;
    this.time += ms;
    this.fireUntil(endMs);
  }

  private exactTime(): number {
    return this.time + (this.isRunning ? performance.now() - this.startedMs : 0);
  }

  private fireUntil(endMs: number): void {
    for (let timer = this.earliest(); timer !== undefined && timer.at <= endMs; timer = this.earliest()) {
      this.timers.delete(timer);
      this.firingMs = timer.at;
      try {
        timer.action();
      } finally {
        this.firingMs = undefined;
      }
    }
    this.scheduleWake();
  }

  /** Of several that are due at once, the one that was started first. */
  private earliest(): VirtualTimer | undefined {
    let earliest: VirtualTimer | undefined;
    for (const timer of this.timers) {
      if (earliest === undefined || timer.at < earliest.at) earliest = timer;
    }
    return earliest;
  }

  private scheduleWake(): void {
    if (!this.isRunning || this.firingMs !== undefined) return;
    clearTimeout(this.wake);
    const next = this.earliest();
    if (next === undefined) return;
    this.wake = setTimeout(() => this.fireUntil(this.exactTime()), next.at - this.exactTime());
  }
}
