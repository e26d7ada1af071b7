import { BrokerError } from '../errors.js';
import type { CancellationToken, OutgoingRecord, ProducerPort } from '../kafka/driver.js';
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
  /** It was dropped; `isSent`: it was under way by then, and came to its topic all the same. */
  onDropped?(workId: number, isSent: boolean): void;
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
  readonly #gates = new Map<string, UsedGate>();
  /** Results that are not acknowledged, by the work id of their file. */
  readonly #sending = new Map<number, Sending>();
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
    const sending: Sending = { isCancelled: false };
    this.#sending.set(workId, sending);
    void this.#send(messages, sending).then(outcome => {
      if (sending.isCancelled) return this.#handlers.onDropped?.(workId, outcome.kind === 'done');
      this.#sending.delete(workId);
      if (outcome.kind === 'done') this.#handlers.onProduced(workId);
      else if (outcome.kind === 'refused') this.#handlers.onRefused(workId, outcome.error);
    });
  }

  /**
   * The partitions of these files are no longer ours, so that others make their results: those that wait for their turn are not sent, and
   * nothing is told any more but by `onDropped`.
   * @param workIds those of other files are ignored
   */
  drop(workIds: 'all' | readonly number[]): void {
    for (const workId of workIds === 'all' ? [...this.#sending.keys()] : workIds) {
      const sending = this.#sending.get(workId);
      if (sending === undefined) continue;
      sending.isCancelled = true;
      this.#sending.delete(workId);
    }
  }

  async close(): Promise<void> {
    this.#hasClosed = true;
    for (const { gate } of this.#gates.values()) gate.close();
    await this.#producer.close();
  }

  async #send(messages: readonly OutgoingMessage[], sending: Sending): Promise<Outcome<void>> {
    const topics = new Set(messages.map(message => message.topic));
    const sent = await Promise.all(
      [...topics].map(topic =>
        this.#sendToTopic(
          topic,
          messages.filter(message => message.topic === topic),
          sending,
        ),
      ),
    );
    return worstOf(sent);
  }

  async #sendToTopic(
    topic: string,
    messages: readonly OutgoingMessage[],
    sending: Sending,
  ): Promise<Outcome<void>> {
    const counted = await this.#persist(topic, sending, () => this.#partitions.countOf(topic));
    if (counted.kind !== 'done') return counted;
    const byPartition = this.#partitions.divide(messages, counted.value);
    const sent = await Promise.all(
      [...byPartition].map(([partition, records]) => this.#sendInOrder(topic, partition, records, sending)),
    );
    return worstOf(sent);
  }

  async #sendInOrder(
    topic: string,
    partition: number,
    records: readonly OutgoingRecord[],
    sending: Sending,
  ): Promise<Outcome<void>> {
    for (const batch of splitIntoBatches(records)) {
      const sent = await this.#persist(`${topic}/${partition}`, sending, () =>
        this.#producer.send(topic, partition, batch, sending),
      );
      if (sent.kind !== 'done') return sent;
    }
    return { kind: 'done', value: undefined };
  }

  /** Repeats until it works, is refused, or not wanted any more. */
  async #persist<T>(place: string, sending: Sending, action: () => Promise<T>): Promise<Outcome<T>> {
    const used = this.#useGate(place);
    try {
      return await this.#repeat(used.gate, sending, action);
    } finally {
      this.#leaveGate(place, used);
    }
  }

  async #repeat<T>(gate: RetryGate, sending: Sending, action: () => Promise<T>): Promise<Outcome<T>> {
    for (;;) {
      if (gate.isShut && !sending.isCancelled) await gate.turn();
      if (this.#hasClosed) return givenUp;
      if (sending.isCancelled) {
        gate.passOn();
        return givenUp;
      }
      try {
        const value = await action();
        this.#answered(gate);
        return { kind: 'done', value };
      } catch (error) {
        // It may have failed for that alone.
        if (wasCancelled(sending)) {
          gate.passOn();
          return givenUp;
        }
        const failure = asBrokerError(error);
        if (failure.isForbidden) {
          this.#handlers.onForbidden(failure);
          return givenUp;
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

  #useGate(place: string): UsedGate {
    const used = this.#gates.get(place) ?? { gate: new RetryGate(backoff, this.#clock), userCount: 0 };
    this.#gates.set(place, used);
    used.userCount += 1;
    return used;
  }

  /** A gate that nobody waits at any more says nothing of Kafka. */
  #leaveGate(place: string, used: UsedGate): void {
    used.userCount -= 1;
    if (used.userCount > 0 || !used.gate.isShut) return;
    used.gate.close();
    this.#gates.delete(place);
    if (!this.#hasShutGate) this.#isTroubled = false;
  }

  get #hasShutGate(): boolean {
    return [...this.#gates.values()].some(({ gate }) => gate.isShut);
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
    if (this.#hasShutGate) return;
    if (this.#isTroubled) this.#handlers.onRecovered();
    this.#isTroubled = false;
  }
}

/** Cancelled: once its file is not ours any more. */
interface Sending extends CancellationToken {
  isCancelled: boolean;
}

interface UsedGate {
  readonly gate: RetryGate;
  /** Those that wait at it, or have an attempt under way. */
  userCount: number;
}

type Outcome<T> =
  | { readonly kind: 'done'; readonly value: T }
  | { readonly kind: 'refused'; readonly error: Error }
  /** Nobody wants it any more. */
  | { readonly kind: 'given-up' };

const givenUp = { kind: 'given-up' } as const;

/** A function, as the compiler takes a property for unchanged over an `await`. */
function wasCancelled({ isCancelled }: CancellationToken): boolean {
  return isCancelled;
}

function asBrokerError(error: unknown): BrokerError {
  if (error instanceof BrokerError) return error;
  // Not from Kafka: a bug. The same call would fail again, so its file is given up rather than the worker blocked.
  return new BrokerError('a result could not be sent', { cause: error, retriable: false });
}

/** A file is produced when all of its messages are. */
function worstOf(outcomes: readonly Outcome<void>[]): Outcome<void> {
  return (
    outcomes.find(({ kind }) => kind === 'refused') ??
    outcomes.find(({ kind }) => kind === 'given-up') ?? { kind: 'done', value: undefined }
  );
}
