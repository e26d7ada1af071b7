import { BrokerError } from '../../errors.js';
import type { FetchedPartition, LeadingBroker } from './kafkajs-internals.js';

/** Up to the last stable offset, without what aborted transactions wrote. */
const readCommitted = 1;

const mostEmptyMs = 5_000;

/** Milliseconds that never go back. */
export interface Stopwatch {
  now(): number;
}

/**
 * For how long answers without records are not believed, although the broker says that there are some: where segments lie in remote storage
 * (KIP-405), it answers so when it could not get them in time (`remote.fetch.max.wait.ms`). Nor are answers without a partition that has records.
 */
export class EmptyAnswers {
  readonly #clock: Stopwatch;
  #since: number | undefined;

  constructor(clock: Stopwatch = performance) {
    this.#clock = clock;
  }

  /** @returns whether it is to be asked again */
  isEarly(): boolean {
    this.#since ??= this.#clock.now();
    return this.#clock.now() - this.#since < mostEmptyMs;
  }

  /** Something came. */
  reset(): void {
    this.#since = undefined;
  }
}

export interface PartitionFetch {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  /** Of the answer; a batch that is larger comes whole all the same. */
  readonly maxBytes: number;
  readonly maxWaitMs: number;
  readonly minBytes: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Fetches from one partition what is committed.
 *
 * A client that has fetched more than its quota allows gets an answer without any partition at once, and the broker hears it again only after the
 * time that the answer names (KIP-219); kafkajs waits for that before it sends the next request. So the same is asked again.
 *
 * @throws {BrokerError} the answer holds nothing for another reason
 * @throws whatever kafkajs throws, or the signal's reason
 */
export async function fetchPartition(
  broker: LeadingBroker,
  { topic, partition, offset, maxBytes, maxWaitMs, minBytes, signal }: PartitionFetch,
): Promise<FetchedPartition> {
  for (;;) {
    signal?.throwIfAborted();
    const {
      responses,
      throttleTime = 0,
      clientSideThrottleTime = 0,
    } = await broker.fetch({
      isolationLevel: readCommitted,
      maxWaitTime: maxWaitMs,
      minBytes,
      maxBytes,
      topics: [{ topic, partitions: [{ partition, fetchOffset: offset.toString(), maxBytes }] }],
    });
    const fetched = responses[0]?.partitions[0];
    if (fetched !== undefined) return fetched;
    if (throttleTime === 0 && clientSideThrottleTime === 0)
      throw new BrokerError(`the broker's answer to a Fetch says nothing of ${topic}[${partition}]`, {
        retriable: true,
      });
  }
}
