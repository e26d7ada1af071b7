import { setTimeout as delay } from 'node:timers/promises';
import { TroubleLog } from '../../engine/trouble-log.js';
import { BrokerError } from '../../errors.js';
import type { OutgoingRecord, ProducerPort } from '../../kafka/driver.js';
import type { LineWriter } from '../../observe/line-writer.js';

export interface PatientSenderOptions {
  readonly producer: Pick<ProducerPort, 'send'>;
  readonly topic: string;
  /** Failures in a row are borne for so long; undefined: for ever. */
  readonly giveUpMs?: number;
  readonly log: LineWriter;
  /** Ends the waiting between two attempts, with the last error. */
  readonly signal: AbortSignal;
}

const firstBackoffMs = 250;
const maxBackoffMs = 5_000;

/** Sends chunks, again and again while Kafka is away. A chunk that arrives twice is harmless: readers drop the second. */
export class PatientSender {
  readonly #options: PatientSenderOptions;
  readonly #trouble: TroubleLog;
  #troubledSinceMs: number | undefined;

  constructor(options: PatientSenderOptions) {
    this.#options = options;
    this.#trouble = new TroubleLog('uploading', ({ level, fields, message }) =>
      options.log[level](fields, message),
    );
  }

  /** Resolves when all in-sync replicas have the records. @throws {BrokerError} waiting does not help, or took too long */
  async send(partition: number, records: readonly OutgoingRecord[]): Promise<void> {
    const { producer, topic, signal } = this.#options;
    for (let failureCount = 0; ; failureCount += 1) {
      try {
        await producer.send(topic, partition, records);
        this.#troubledSinceMs = undefined;
        this.#trouble.end(performance.now());
        return;
      } catch (error) {
        if (!(error instanceof BrokerError) || !this.#isWorthWaiting(error)) throw error;
        this.#trouble.begin(error, performance.now());
        const backoffMs = Math.min(firstBackoffMs * 2 ** failureCount, maxBackoffMs);
        await delay(backoffMs, undefined, { signal }).catch(() => undefined);
        if (signal.aborted) throw error;
      }
    }
  }

  #isWorthWaiting(error: BrokerError): boolean {
    const { giveUpMs = Number.POSITIVE_INFINITY, signal } = this.#options;
    if (!error.retriable || signal.aborted) return false;
    this.#troubledSinceMs ??= performance.now();
    return performance.now() - this.#troubledSinceMs < giveUpMs;
  }
}
