import { BrokerError } from '../../errors.js';
import type { RawRecord, ReadAtOptions } from '../driver.js';
import { withCluster } from './check-transactions.js';
import type { KafkaClient } from './connection-config.js';
import { judgeKafkaError, toBrokerError } from './judge-kafka-error.js';
import { type Cluster, type FetchedPartition, internals, type LeadingBroker } from './kafkajs-internals.js';
import { readCommitted, startsOf } from './read-to-end.js';

/** A batch that is larger comes whole all the same. */
const maxBytes = 1024 * 1024;
const maxWaitMs = 100;

/**
 * Reads single records without a group, where it is known at which offsets they lie.
 *
 * A record is missing for certain only below the start of the log, beyond its end, or when a later one came without it. A leader that is new
 * may not know yet how far its log may be read: then it is asked again later.
 */
export async function readAt(
  client: KafkaClient,
  { topic, offsets, onRecords, signal }: ReadAtOptions,
): Promise<ReadonlyMap<number, readonly bigint[]>> {
  const destroy = (): void => client.destroy();
  signal?.addEventListener('abort', destroy);
  try {
    return await withCluster(client, 'none', async cluster => {
      await cluster.addMultipleTargetTopics([topic]);
      const missing = new Map<number, readonly bigint[]>();
      for (const [partition, wanted] of offsets) {
        const reading = new PartitionReading(cluster, { topic, partition, onRecords, signal });
        missing.set(partition, await reading.read(wanted));
      }
      return missing;
    });
  } catch (error) {
    throw error instanceof BrokerError ? error : toBrokerError(`cannot read topic ${topic}`, error);
  } finally {
    signal?.removeEventListener('abort', destroy);
    client.destroy();
  }
}

interface PartitionPlace extends Pick<ReadAtOptions, 'topic' | 'onRecords'> {
  readonly partition: number;
  readonly signal: AbortSignal | undefined;
}

class PartitionReading {
  readonly #cluster: Cluster;
  readonly #place: PartitionPlace;

  constructor(cluster: Cluster, place: PartitionPlace) {
    this.#cluster = cluster;
    this.#place = place;
  }

  /** @returns those that are not there */
  async read(wanted: readonly bigint[]): Promise<bigint[]> {
    const { topic, partition, signal } = this.#place;
    const [leader] = Object.keys(this.#cluster.findLeaderForPartitions(topic, [partition]));
    if (leader === undefined) return [...wanted];
    const broker = await this.#cluster.findBroker({ nodeId: leader });
    const start = (await startsOf(this.#cluster, topic, [partition])).get(partition) ?? 0n;
    const missing = wanted.filter(offset => offset < start);
    let rest = wanted.filter(offset => offset >= start);
    while (rest.length > 0) {
      signal?.throwIfAborted();
      const fetched = await this.#fetch(broker, rest[0]!);
      // The first of them is below the start by now, or beyond the end of a topic that was made anew.
      const covered = fetched === 'out-of-range' ? { upTo: rest[0]!, found: [] } : this.#take(fetched, rest);
      missing.push(...rest.filter(offset => offset <= covered.upTo && !covered.found.includes(offset)));
      rest = rest.filter(offset => offset > covered.upTo);
    }
    return missing;
  }

  async #fetch(broker: LeadingBroker, offset: bigint): Promise<FetchedPartition | 'out-of-range'> {
    const { topic, partition } = this.#place;
    try {
      const { responses } = await broker.fetch({
        isolationLevel: readCommitted,
        maxWaitTime: maxWaitMs,
        minBytes: 1,
        maxBytes,
        topics: [{ topic, partitions: [{ partition, fetchOffset: offset.toString(), maxBytes }] }],
      });
      return responses[0]!.partitions[0]!;
    } catch (error) {
      if (judgeKafkaError(error).type === 'OFFSET_OUT_OF_RANGE') return 'out-of-range';
      throw error;
    }
  }

  /** @returns up to which offset it is known what is there, and what was found */
  #take(fetched: FetchedPartition, rest: readonly bigint[]): { upTo: bigint; found: readonly bigint[] } {
    const { topic, partition, onRecords } = this.#place;
    const first = rest[0]!;
    const batch = new internals.Batch!(topic, first.toString(), fetched);
    if (batch.isEmptyIncludingFiltered()) {
      if (BigInt(fetched.lastStableOffset) <= first)
        throw new BrokerError(`${topic}[${partition}]@${first} cannot be read yet`, { retriable: true });
      return { upTo: BigInt(fetched.lastStableOffset) - 1n, found: [] };
    }
    const asked = new Set(rest);
    const records: RawRecord[] = [];
    for (const { offset, timestamp, key, value } of batch.messages)
      if (asked.has(BigInt(offset)))
        records.push({ offset: BigInt(offset), timestampMs: Number(timestamp), key, value });
    if (records.length > 0) onRecords(partition, records);
    return { upTo: BigInt(batch.lastOffset()), found: records.map(({ offset }) => offset) };
  }
}
