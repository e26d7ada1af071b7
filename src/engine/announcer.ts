import { setTimeout as delay } from 'node:timers/promises';
import { describeError } from '../errors.js';
import type { ProducerPort } from '../kafka/driver.js';
import type { EngineLogLine } from './engine.js';
import { ResultSender } from './result-sender.js';
import { TroubleLog } from './trouble-log.js';

/** Something that is told to a topic at regular times. */
export interface Announcement {
  /** `heartbeats`, for the log. */
  readonly subject: string;
  readonly topic: string;
  readonly key: string;
  readonly intervalMs: number;
  /** The values of the next messages. */
  readonly take: (now: Date) => readonly string[];
}

/** How long the last ones may take. */
const lastMs = 3_000;

/**
 * Sends announcements: the first at once, then one per interval, the last when it is closed. What Kafka does not take costs the
 * announcement, never the worker.
 */
export class Announcer {
  readonly #announcement: Announcement;
  readonly #log: (line: EngineLogLine) => void;
  readonly #sender: ResultSender;
  readonly #timer: NodeJS.Timeout;
  #lastWorkId = 0;
  /** Resolves when what was sent last has an answer; while it has none, nothing is added. */
  #pending: { readonly promise: Promise<void>; readonly resolve: () => void } | undefined;
  #isEnded = false;

  constructor(announcement: Announcement, producer: ProducerPort, log: (line: EngineLogLine) => void) {
    this.#announcement = announcement;
    this.#log = log;
    const trouble = new TroubleLog(`sending ${announcement.subject}`, log);
    this.#sender = new ResultSender(producer, {
      onProduced: () => this.#answered(),
      onRefused: (_workId, error) => this.#refused(error),
      onForbidden: error => this.#end(error),
      onTrouble: error => trouble.begin(error, performance.now()),
      onRecovered: () => trouble.end(performance.now()),
    });
    this.#timer = setInterval(() => this.#send(), announcement.intervalMs);
    this.#send();
  }

  /** Sends the last one and disconnects. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    const timer = new AbortController();
    const limit = delay(lastMs, undefined, { signal: timer.signal }).catch(() => undefined);
    await Promise.race([this.#sendLast(), limit]);
    timer.abort();
    await this.#sender.close();
  }

  async #sendLast(): Promise<void> {
    await this.#pending?.promise;
    this.#send();

    await this.#pending?.promise;
  }

  #send(): void {
    if (this.#pending !== undefined || this.#isEnded) return;
    const { topic, key, take } = this.#announcement;
    const messages = take(new Date()).map(value => ({
      topic,
      key: Buffer.from(key),
      value: Buffer.from(value),
      headers: {},
    }));
    this.#pending = withResolver();
    this.#lastWorkId += 1;
    this.#sender.send(this.#lastWorkId, messages);
  }

  #answered(): void {
    this.#pending?.resolve();
    this.#pending = undefined;
  }

  #refused(error: Error): void {
    const { subject, topic } = this.#announcement;
    const message = `Kafka refused ${subject} for ${topic}: ${describeError(error)}`;
    this.#log({ level: 'warn', fields: {}, message });
    this.#answered();
  }

  /** Nothing mends it by itself. */
  #end(error: Error): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    clearInterval(this.#timer);
    const { subject } = this.#announcement;
    const message = `no ${subject} are sent any more: ${describeError(error)}`;
    this.#log({ level: 'error', fields: {}, message });
    this.#answered();
  }
}

function withResolver(): { promise: Promise<void>; resolve: () => void } {
  let resolve!: () => void;
  const promise = new Promise<void>(done => (resolve = done));
  return { promise, resolve };
}
