import { setTimeout as delay } from 'node:timers/promises';
import { TroubleLog } from '../../engine/trouble-log.js';
import { BrokerError } from '../../errors.js';
import type { KafkaDriver, OutgoingRecord, ProducerPort } from '../../kafka/driver.js';
import { tellOfTrouble } from '../../kafka/tell-of-trouble.js';
import type { LineWriter } from '../../observe/line-writer.js';

export interface PatientSenderOptions {
  readonly driver: Pick<KafkaDriver, 'connectionTrouble'>;
  readonly producer: Pick<ProducerPort, 'send' | 'partitionCount'>;
  readonly topic: string;
  /** Failures in a row are borne for so long; undefined: for ever. */
  readonly giveUpMs?: number;
  readonly log: LineWriter;
  /** Ends the waiting for a Kafka that is away, with the last error. */
  readonly signal: AbortSignal;
}

const firstBackoffMs = 250;
const maxBackoffMs = 5_000;

/** Sends chunks, again and again while Kafka is away. A chunk that arrives twice is harmless: readers drop the second. */
export class PatientSender {
  readonly #options: PatientSenderOptions;
  readonly #trouble: TroubleLog;
  readonly #waiting = new Set<(error: BrokerError) => void>();
  #troubledSinceMs: number | undefined;

  constructor(options: PatientSenderOptions) {
    this.#options = options;
    this.#trouble = new TroubleLog('uploading', ({ level, fields, message }) =>
      options.log[level](fields, message),
    );
    const giveUp = (error: BrokerError): void => this.#waiting.forEach(reject => reject(error));
    options.signal.addEventListener('abort', () => tellOfTrouble(options.driver, giveUp), { once: true });
  }

  /** Resolves when all in-sync replicas have the records. @throws {BrokerError} waiting does not help, or took too long */
  send(partition: number, records: readonly OutgoingRecord[]): Promise<void> {
    const { producer, topic } = this.#options;
    return this.#patiently(() => producer.send(topic, partition, records));
  }

  /** @throws {BrokerError} as `send` */
  partitionCount(): Promise<number> {
    const { producer, topic } = this.#options;
    return this.#patiently(() => producer.partitionCount(topic));
  }

  async #patiently<T>(act: () => Promise<T>): Promise<T> {
    const { driver, signal } = this.#options;
    for (let failureCount = 0; ; failureCount += 1) {
      const endTelling = tellOfTrouble(driver, error => this.#trouble.begin(error, performance.now()));
      try {
        const answer = await this.#unlessStopped(act());
        this.#troubledSinceMs = undefined;
        this.#trouble.end(performance.now());
        return answer;
      } catch (error) {
        if (!(error instanceof BrokerError) || !this.#isWorthWaiting(error)) throw error;
        this.#trouble.begin(driver.connectionTrouble() ?? error, performance.now());
        const backoffMs = Math.min(firstBackoffMs * 2 ** failureCount, maxBackoffMs);
        await delay(backoffMs, undefined, { signal }).catch(() => undefined);
        if (signal.aborted) throw error;
      } finally {
        endTelling();
      }
    }
  }

  /** What is on its way is waited for, unless nothing can arrive: the client tries for many seconds before it says so. */
  #unlessStopped<T>(underWay: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#waiting.add(reject);
      underWay.then(resolve, reject).finally(() => this.#waiting.delete(reject));
    });
  }

  #isWorthWaiting(error: BrokerError): boolean {
    const { giveUpMs = Number.POSITIVE_INFINITY, signal } = this.#options;
    if (!error.retriable || signal.aborted) return false;
    this.#troubledSinceMs ??= performance.now();
    return performance.now() - this.#troubledSinceMs < giveUpMs;
  }
}
