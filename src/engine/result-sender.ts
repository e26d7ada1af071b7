import { setTimeout as delay } from 'node:timers/promises';
import { BrokerError } from '../errors.js';
import type { ProducerPort } from '../kafka/driver.js';
import type { OutgoingMessage } from '../processing/file-work.js';
import { librdkafkaPartition } from '../wire/librdkafka-partition.js';
import { takeBatch, toRecord, type PendingMessage } from './result-batch.js';

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
 * Sends the results of files. Results that come while a request to their partition is on its way share the next one.
 *
 * It tries for ever what may succeed later; only a message that Kafka refuses for itself is given up.
 */
export class ResultSender {
  readonly #producer: ProducerPort;
  readonly #handlers: ResultSenderHandlers;
  readonly #lanes = new Map<string, PendingMessage[]>();
  readonly #closing = new AbortController();
  #isTroubled = false;
  #roundRobin = 0;

  constructor(producer: ProducerPort, handlers: ResultSenderHandlers) {
    this.#producer = producer;
    this.#handlers = handlers;
  }

  /** @param messages one or more */
  send(workId: number, messages: readonly OutgoingMessage[]): void {
    let missingCount = messages.length;
    let failure: Error | undefined;
    const onEnd = (error: Error | undefined): void => {
      failure ??= error;
      missingCount -= 1;
      if (missingCount > 0 || this.#closing.signal.aborted) return;
      if (failure === undefined) this.#handlers.onProduced(workId);
      else this.#handlers.onRefused(workId, failure);
    };
    for (const topic of new Set(messages.map(message => message.topic))) {
      void this.#route(
        topic,
        messages.filter(message => message.topic === topic),
        onEnd,
      );
    }
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#producer.close();
  }

  async #route(
    topic: string,
    messages: readonly OutgoingMessage[],
    onEnd: PendingMessage['onEnd'],
  ): Promise<void> {
    const counted = await this.#persist(() => this.#producer.partitionCount(topic));
    if (counted.kind === 'refused') for (const message of messages) onEnd(toRefusal(message, counted.error));
    if (counted.kind !== 'done') return;
    for (const message of messages) {
      const partition = this.#partitionOf(message, counted.value);
      this.#enqueue(topic, partition, { record: toRecord(message), onEnd });
    }
  }

  /** As the Python original's producer does, so that a key stays in its partition when one replaces the other. */
  #partitionOf({ key }: OutgoingMessage, partitionCount: number): number {
    if (key !== null && key.length > 0) return librdkafkaPartition(key, partitionCount);
    this.#roundRobin += 1;
    return this.#roundRobin % partitionCount;
  }

  #enqueue(topic: string, partition: number, message: PendingMessage): void {
    const name = `${topic}:${partition}`;
    const lane = this.#lanes.get(name);
    if (lane !== undefined) {
      lane.push(message);
      return;
    }
    const queue = [message];
    this.#lanes.set(name, queue);
    void this.#drain(name, topic, partition, queue);
  }

  /** One request at a time, so that the results of a partition stay in order. */
  async #drain(name: string, topic: string, partition: number, queue: PendingMessage[]): Promise<void> {
    // Results that come in the same turn share the first request.
    await Promise.resolve();
    while (queue.length > 0 && !this.#closing.signal.aborted) {
      await this.#sendBatch(topic, partition, takeBatch(queue));
    }
    // In the same turn as the look at the queue: what comes later opens a new lane.
    this.#lanes.delete(name);
  }

  async #sendBatch(topic: string, partition: number, batch: readonly PendingMessage[]): Promise<void> {
    const records = batch.map(({ record }) => record);
    const sent = await this.#persist(() => this.#producer.send(topic, partition, records));
    if (sent.kind === 'done') {
      for (const { onEnd } of batch) onEnd(undefined);
    } else if (sent.kind === 'refused' && batch.length === 1) {
      batch[0]!.onEnd(sent.error);
    } else if (sent.kind === 'refused') {
      // One of them is to blame: each for itself.
      for (const message of batch) await this.#sendBatch(topic, partition, [message]);
    }
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

function toRefusal({ topic }: OutgoingMessage, error: Error): Error {
  return new BrokerError(`no result can be produced to ${topic}`, { cause: error, retriable: false });
}
