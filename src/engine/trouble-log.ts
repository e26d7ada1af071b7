import type { EngineLogLine } from './engine.js';

/** The same trouble is mentioned again only so often. */
const repeatMs = 60_000;

/** Tells people of an unreachable broker or a full disk: once when it begins, now and then while it lasts, once when it is over. */
export class TroubleLog {
  readonly #subject: string;
  readonly #log: (line: EngineLogLine) => void;
  #sinceMs: number | undefined;
  #lastReason = '';
  #mentionedAtMs = 0;

  /** @param subject `reading`, `producing`, `writing files`: what stands still */
  constructor(subject: string, log: (line: EngineLogLine) => void) {
    this.#subject = subject;
    this.#log = log;
  }

  get isTroubled(): boolean {
    return this.#sinceMs !== undefined;
  }

  begin(error: Error, nowMs: number): void {
    this.#sinceMs ??= nowMs;
    if (error.message === this.#lastReason && nowMs - this.#mentionedAtMs < repeatMs) return;
    this.#lastReason = error.message;
    this.#mentionedAtMs = nowMs;
    this.#log({
      level: 'warn',
      fields: { activity: this.#subject, reason: error.message },
      message: `${error.message}; ${this.#subject} goes on by itself as soon as it can`,
    });
  }

  end(nowMs: number): void {
    if (this.#sinceMs === undefined) return;
    const seconds = Math.round((nowMs - this.#sinceMs) / 1000);
    this.#sinceMs = undefined;
    this.#lastReason = '';
    this.#log({
      level: 'info',
      fields: { activity: this.#subject, seconds },
      message: `${this.#subject} goes on, after ${seconds} s`,
    });
  }
}
