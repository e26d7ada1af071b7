import type { EngineReport } from '../engine/reports.js';
import type { LineWriter } from './line-writer.js';
import { numberText } from './quantity-text.js';
import { badInputLine } from './report-line.js';

type BadInput = EngineReport & { kind: 'bad-input' };

/** So many lines are written in a window of time; what comes beyond is added up. */
const linesPerWindow = 20;
const windowMs = 10_000;

interface Omitted {
  readonly byCode: Map<string, number>;
  readonly first: BadInput;
  last: BadInput;
  count: number;
}

/**
 * Logs bad messages, each once. Of a flood (somebody produces to the wrong topic) the first 20 in 10 seconds get a line;
 * the rest is told in one line per window with the counts by code and the first and last place, and one by one at level
 * debug.
 */
export class BadInputLog {
  readonly #logger: LineWriter;
  readonly #topic: () => string;
  readonly #now: () => number;
  #windowEndsAtMs = -Infinity;
  #lineCount = 0;
  #omitted: Omitted | undefined;

  /** @param now milliseconds that never go back */
  constructor(logger: LineWriter, topic: () => string, now: () => number) {
    this.#logger = logger;
    this.#topic = topic;
    this.#now = now;
  }

  add(report: BadInput): void {
    this.tick();
    const { fields, message } = badInputLine(report, this.#topic());
    this.#lineCount += 1;
    if (this.#lineCount <= linesPerWindow) {
      this.#logger.warn(fields, message);
      return;
    }
    this.#logger.debug(fields, message);
    this.#omitted ??= { byCode: new Map(), first: report, last: report, count: 0 };
    this.#omitted.last = report;
    this.#omitted.count += 1;
    this.#omitted.byCode.set(report.code, (this.#omitted.byCode.get(report.code) ?? 0) + 1);
  }

  /** To be called about once a second: ends a window whose time is over. */
  tick(): void {
    const now = this.#now();
    if (now < this.#windowEndsAtMs) return;
    this.flush();
    this.#windowEndsAtMs = now + windowMs;
    this.#lineCount = 0;
  }

  /** Tells what was left out so far. */
  flush(): void {
    const omitted = this.#omitted;
    if (omitted === undefined) return;
    this.#omitted = undefined;
    const { first, last, count } = omitted;
    const codes = [...omitted.byCode].map(([code, times]) => `${code}: ${numberText(times)}`).join(', ');
    const place = (at: BadInput): string => `${this.#topic()}[${at.partition}]@${at.offset}`;
    this.#logger.warn(
      { badInputOmitted: count, byCode: Object.fromEntries(omitted.byCode) },
      `${numberText(count)} more bad messages (${codes}), from ${place(first)} to ${place(last)}; ` +
        '--log-level debug tells each',
    );
  }
}
