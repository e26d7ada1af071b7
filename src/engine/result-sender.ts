import { BrokerError } from '../errors.js';
import type { OutgoingRecord, ProducerPort } from '../kafka/driver.js';
import { systemClock, type Clock } from '../processing/clock.js';
import type { OutgoingMessage } from '../processing/file-work.js';
import { splitIntoBatches } from './result-batches.js';
import { ResultPartitions } from './result-partitions.js';
import { RetryGate } from './retry-gate.js';

const backoff = { firstMs: 250, mostMs: 5_000 } as const;

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
  readonly #clock: Pick<Clock, 'after'>;
  /** By what fails together: topics that are asked for, partitions that are sent to. */
  readonly #gates = new Map<string, RetryGate>();
  #hasClosed = false;
  #isTroubled = false;

  constructor(
    producer: ProducerPort,
    handlers: ResultSenderHandlers,
    clock: Pick<Clock, 'after'> = systemClock,
  ) {
    this.#clock = clock;
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
    this.#hasClosed = true;
    for (const gate of this.#gates.values()) gate.close();
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
    const counted = await this.#persist(topic, () => this.#partitions.countOf(topic));
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
      const sent = await this.#persist(`${topic}/${partition}`, () =>
        this.#producer.send(topic, partition, batch),
      );
      if (sent.kind !== 'done') return sent;
    }
    return { kind: 'done', value: undefined };
  }

  /** Repeats until it works, is refused, or the sender closes. */
  async #persist<T>(place: string, action: () => Promise<T>): Promise<Outcome<T>> {
    const gate = this.#gateOf(place);
    for (;;) {
      if (gate.isShut) await gate.turn();
      if (this.#hasClosed) return { kind: 'closed' };
      try {
        const value = await action();
        this.#answered(gate);
        return { kind: 'done', value };
      } catch (error) {
        const failure = asBrokerError(error);
        if (failure.isForbidden) {
          this.#handlers.onForbidden(failure);
          return { kind: 'closed' };
        }
        if (!failure.retriable) {
          this.#answered(gate);
          return { kind: 'refused', error: failure };
        }
        gate.failed();
        this.#troubled(failure);
      }
    }
  }

  #gateOf(place: string): RetryGate {
    const known = this.#gates.get(place);
    if (known !== undefined) return known;
    const gate = new RetryGate(backoff, this.#clock);
    this.#gates.set(place, gate);
    return gate;
  }

  #answered(gate: RetryGate): void {
    if (!gate.isShut) return;
    gate.succeeded();
    this.#recovered();
  }

  #troubled(error: Error): void {
    if (!this.#isTroubled) this.#handlers.onTrouble(error);
    this.#isTroubled = true;
  }

  #recovered(): void {
    if ([...this.#gates.values()].some(({ isShut }) => isShut)) return;
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
