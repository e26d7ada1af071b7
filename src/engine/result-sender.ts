import { setTimeout as delay } from 'node:timers/promises';
import { BrokerError } from '../errors.js';
import type { OutgoingRecord, ProducerPort } from '../kafka/driver.js';
import type { OutgoingMessage } from '../processing/file-work.js';
import { splitIntoBatches } from './result-batches.js';
import { ResultPartitions } from './result-partitions.js';

const firstBackoffMs = 250;
const maxBackoffMs = 5_000;

export interface ResultSenderHandlers {
  /** Every message of the file is acknowledged. */
  onProduced(workId: number): void;
  /** Kafka will never take one of its messages, e.g. because it is too large. */
  onRefused(workId: number, error: Error): void;
  /** Nothing can be produced until somebody changes rights or configuration. */
  onForbidden(error: Error): void;
  /** Sending failed and is tried again; called once until it works again. */
  onTrouble(error: Error): void;
  onRecovered(): void;
}

/**
 * Sends the results of files. Files are sent side by side; the driver joins what goes to one partition.
 *
 * It tries for ever what may succeed later; only a message that Kafka refuses for itself is given up.
 */
export class ResultSender {
  readonly #producer: ProducerPort;
  readonly #partitions: ResultPartitions;
  readonly #handlers: ResultSenderHandlers;
  readonly #closing = new AbortController();
  #isTroubled = false;

  constructor(producer: ProducerPort, handlers: ResultSenderHandlers) {
    this.#producer = producer;
    this.#partitions = new ResultPartitions(producer);
    this.#handlers = handlers;
  }

  /** @param messages one or more */
  send(workId: number, messages: readonly OutgoingMessage[]): void {
    void this.#send(messages).then(outcome => {
      if (outcome.kind === 'done') this.#handlers.onProduced(workId);
      else if (outcome.kind === 'refused') this.#handlers.onRefused(workId, outcome.error);
    });
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#producer.close();
  }

  async #send(messages: readonly OutgoingMessage[]): Promise<Outcome<void>> {
    const topics = new Set(messages.map(message => message.topic));
    const sent = await Promise.all(
      [...topics].map(topic =>
        this.#sendToTopic(
          topic,
          messages.filter(message => message.topic === topic),
        ),
      ),
    );
    return worstOf(sent);
  }

  async #sendToTopic(topic: string, messages: readonly OutgoingMessage[]): Promise<Outcome<void>> {
    const counted = await this.#persist(() => this.#partitions.countOf(topic));
    if (counted.kind !== 'done') return counted;
    const byPartition = this.#partitions.divide(messages, counted.value);
    const sent = await Promise.all(
      [...byPartition].map(([partition, records]) => this.#sendInOrder(topic, partition, records)),
    );
    return worstOf(sent);
  }

  async #sendInOrder(
    topic: string,
    partition: number,
    records: readonly OutgoingRecord[],
  ): Promise<Outcome<void>> {
    for (const batch of splitIntoBatches(records)) {
      const sent = await this.#persist(() => this.#producer.send(topic, partition, batch));
      if (sent.kind !== 'done') return sent;
    }
    return { kind: 'done', value: undefined };
  }

  /** Repeats until it works, is refused, or the sender closes. */
  async #persist<T>(action: () => Promise<T>): Promise<Outcome<T>> {
    const { signal } = this.#closing;
    for (let failureCount = 0; !signal.aborted; failureCount += 1) {
      try {
        const value = await action();
        this.#recovered();
        return { kind: 'done', value };
      } catch (error) {
        const failure = asBrokerError(error);
        if (!failure.retriable && !failure.isForbidden) return { kind: 'refused', error: failure };
        if (failure.isForbidden) {
          this.#handlers.onForbidden(failure);
          break;
        }
        this.#troubled(failure);
        const backoffMs = Math.min(firstBackoffMs * 2 ** failureCount, maxBackoffMs);
        await delay(backoffMs, undefined, { signal }).catch(() => undefined);
      }
    }
    return { kind: 'closed' };
  }

  #troubled(error: Error): void {
    if (!this.#isTroubled) this.#handlers.onTrouble(error);
    this.#isTroubled = true;
  }

  #recovered(): void {
    if (this.#isTroubled) this.#handlers.onRecovered();
    this.#isTroubled = false;
  }
}

type Outcome<T> =
  | { readonly kind: 'done'; readonly value: T }
  | { readonly kind: 'refused'; readonly error: Error }
  | { readonly kind: 'closed' };

function asBrokerError(error: unknown): BrokerError {
  if (error instanceof BrokerError) return error;
  // Not from Kafka: a bug. The same call would fail again, so its file is given up rather than the worker blocked.
  return new BrokerError('a result could not be sent', { cause: error, retriable: false });
}

/** A file is produced when all of its messages are. */
function worstOf(outcomes: readonly Outcome<void>[]): Outcome<void> {
  return (
    outcomes.find(({ kind }) => kind === 'refused') ??
    outcomes.find(({ kind }) => kind === 'closed') ?? { kind: 'done', value: undefined }
  );
}
