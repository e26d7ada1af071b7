import { BrokerError } from '../../errors.js';
import type { RawRecord } from '../driver.js';
import { EmptyAnswers, fetchPartition } from './fetch-partition.js';
import { judgeKafkaError } from './judge-kafka-error.js';
import { type Cluster, type FetchedPartition, internals, type LeadingBroker } from './kafkajs-internals.js';
import { startsOf } from './read-to-end.js';
import { systemTime, type Time } from './time.js';

const maxWaitMs = 100;
const betweenLookupsMs = 250;

export interface PartitionPlace {
  readonly topic: string;
  readonly partition: number;
  /** Called synchronously; must not throw. */
  readonly onRecords: (partition: number, records: readonly RawRecord[]) => void;
  /** Hands out what comes with those that are wanted as well; default false. */
  readonly withOthers?: boolean;
  /** Waited for before each request. */
  readonly untilRoom?: (() => Promise<void>) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Default: the system's. */
  readonly clock?: Time | undefined;
}

/**
 * Reads single records of one partition.
 *
 * A record is missing for certain only below the start of the log, beyond its end, or when a later one came without it. A leader that is new
 * may not know yet how far its log may be read: then it is asked again later.
 */
export class PartitionRecords {
  readonly #cluster: Cluster;
  readonly #place: PartitionPlace;

  constructor(cluster: Cluster, place: PartitionPlace) {
    this.#cluster = cluster;
    this.#place = place;
  }

  /**
   * @param wanted ascending
   * @param maxBytesFor of the answer to the request for these, the first of which is where it begins; a batch that is larger comes whole
   *   all the same
   * @returns those that are not there
   */
  async read(
    wanted: readonly bigint[],
    maxBytesFor: (rest: readonly bigint[]) => number,
  ): Promise<readonly bigint[]> {
    const { untilRoom, signal, clock } = this.#place;
    const leader = await this.#findLeader();
    if (leader === undefined) return [...wanted];
    const broker = await this.#cluster.findBroker({ nodeId: leader });
    const missing: bigint[] = [];
    const emptyAnswers = new EmptyAnswers(clock);
    let rest = wanted;
    while (rest.length > 0) {
      await untilRoom?.();
      signal?.throwIfAborted();
      const fetched = await this.#fetch(broker, rest[0]!, maxBytesFor(rest));
      if (fetched !== 'out-of-range' && this.#isEmpty(fetched, rest[0]!) && emptyAnswers.isEarly()) continue;
      emptyAnswers.reset();
      const covered = fetched === 'out-of-range' ? await this.#outOfRange(rest) : this.#take(fetched, rest);
      // One at a time: as arguments of one call, too many would overflow the stack.
      for (const offset of rest)
        if (offset <= covered.upTo && !covered.found.has(offset)) missing.push(offset);
      rest = rest.filter(offset => offset > covered.upTo);
    }
    return missing;
  }

  /**
   * A partition that was added since the metadata was loaded is looked up, and again for a while: the broker that is asked may have heard
   * of it later than the one that holds it.
   *
   * @returns undefined: there is none
   */
  async #findLeader(): Promise<string | undefined> {
    const { topic, partition, signal, clock = systemTime } = this.#place;
    const unknownFor = new EmptyAnswers(clock);
    for (let lookups = 0; ; lookups += 1) {
      const leader = Object.keys(this.#cluster.findLeaderForPartitions(topic, [partition]))[0];
      if (leader !== undefined || !unknownFor.isEarly()) return leader;
      if (lookups > 0) await clock.sleep(betweenLookupsMs);
      signal?.throwIfAborted();
      await this.#cluster.refreshMetadata();
    }
  }

  /** What is below the start of the log is gone; else the first one is beyond the end of a topic that was made anew. */
  async #outOfRange([first]: readonly bigint[]): Promise<Covered> {
    const { topic, partition } = this.#place;
    const start = (await startsOf(this.#cluster, topic, [partition])).get(partition) ?? 0n;
    return { upTo: start > first! ? start - 1n : first!, found: new Set() };
  }

  async #fetch(
    broker: LeadingBroker,
    offset: bigint,
    maxBytes: number,
  ): Promise<FetchedPartition | 'out-of-range'> {
    const { topic, partition, signal } = this.#place;
    try {
      return await fetchPartition(broker, {
        ...{ topic, partition, offset, maxBytes, maxWaitMs, minBytes: 1, signal },
      });
    } catch (error) {
      if (judgeKafkaError(error).type === 'OFFSET_OUT_OF_RANGE') return 'out-of-range';
      throw error;
    }
  }

  /** @throws {BrokerError} there is nothing that may be seen from here on yet */
  #isEmpty({ messages, lastStableOffset }: FetchedPartition, first: bigint): boolean {
    const { topic, partition } = this.#place;
    if (messages.length > 0) return false;
    if (BigInt(lastStableOffset) <= first)
      throw new BrokerError(`${topic}[${partition}]@${first} cannot be read yet`, { retriable: true });
    return true;
  }

  #take(fetched: FetchedPartition, rest: readonly bigint[]): Covered {
    const { topic, partition, onRecords, withOthers = false } = this.#place;
    if (fetched.messages.length === 0)
      return { upTo: BigInt(fetched.lastStableOffset) - 1n, found: new Set() };
    const batch = new internals.Batch!(topic, rest[0]!.toString(), fetched);
    const asked = new Set(rest);
    const records: RawRecord[] = [];
    for (const { offset, timestamp, key, value } of batch.messages)
      if (withOthers || asked.has(BigInt(offset)))
        records.push({ offset: BigInt(offset), timestampMs: Number(timestamp), key, value });
    if (records.length > 0) onRecords(partition, records);
    return { upTo: BigInt(batch.lastOffset()), found: new Set(records.map(({ offset }) => offset)) };
  }
}

interface Covered {
  /** Up to here it is known what is there. */
  readonly upTo: bigint;
  readonly found: ReadonlySet<bigint>;
}
