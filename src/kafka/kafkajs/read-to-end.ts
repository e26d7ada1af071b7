import { BrokerError } from '../../errors.js';
import type { ReadToEndOptions } from '../driver.js';
import { withCluster } from './check-transactions.js';
import type { KafkaClient } from './connection-config.js';
import { toBrokerError } from './judge-kafka-error.js';
import { EmptyAnswers, fetchPartition, type Stopwatch } from './fetch-partition.js';
import { type Cluster, type FetchedPartition, internals } from './kafkajs-internals.js';

/** More than any batch has. */
const maxBytes = 16 * 1024 * 1024;
/** While a transaction before the end is undecided. */
const maxWaitMs = 100;

/**
 * Reads a topic without a group: joining one takes rights to its id and, on a group that is new, three seconds.
 *
 * The end is the high watermark, not the last stable offset: a transaction that was begun before is waited for, so that what its
 * producer committed is not missed.
 */
export async function readToEnd(
  client: KafkaClient,
  { topic, from, onRecord, signal }: ReadToEndOptions,
  clock?: Stopwatch,
): Promise<ReadonlyMap<number, bigint>> {
  const destroy = (): void => client.destroy();
  signal?.addEventListener('abort', destroy);
  try {
    return await withCluster(client, 'none', async cluster => {
      await cluster.addMultipleTargetTopics([topic]);
      const metadata = cluster.findTopicPartitionMetadata(topic);
      const partitions = metadata.map(({ partitionId }) => partitionId).sort((a, b) => a - b);
      const starts = await startsOf(cluster, topic, partitions);
      const ends = new Map<number, bigint>();
      for (const partition of partitions) {
        const [asked, start] = [from.get(partition) ?? 0n, starts.get(partition) ?? 0n];
        const position = asked < start ? start : asked;
        const reading = { topic, partition, position, onRecord, signal, clock };
        ends.set(partition, await readPartition(cluster, reading));
      }
      return ends;
    });
  } catch (error) {
    throw error instanceof BrokerError ? error : toBrokerError(`cannot read topic ${topic}`, error);
  } finally {
    signal?.removeEventListener('abort', destroy);
    client.destroy();
  }
}

/** Where the logs of partitions begin. */
export async function startsOf(
  cluster: Cluster,
  topic: string,
  partitions: readonly number[],
): Promise<ReadonlyMap<number, bigint>> {
  const asked = { topic, partitions: partitions.map(partition => ({ partition })), fromBeginning: true };
  const answers = await cluster.fetchTopicsOffset([asked]);
  return new Map(
    answers.flatMap(answer => answer.partitions.map(one => [one.partition, BigInt(one.offset)] as const)),
  );
}

interface PartitionReading extends Pick<ReadToEndOptions, 'topic' | 'onRecord'> {
  readonly partition: number;
  readonly position: bigint;
  readonly signal: AbortSignal | undefined;
  readonly clock: Stopwatch | undefined;
}

/** One partition at a time: of several, an answer may leave some out because the others filled it. @returns where it ended */
async function readPartition(cluster: Cluster, reading: PartitionReading): Promise<bigint> {
  const { topic, partition, onRecord, signal, clock } = reading;
  const [leader] = Object.keys(cluster.findLeaderForPartitions(topic, [partition]));
  const broker = await cluster.findBroker({ nodeId: leader! });
  const emptyAnswers = new EmptyAnswers(clock);
  let { position } = reading;
  for (let end: bigint | undefined; end === undefined || position < end;) {
    const fetched = await fetchPartition(broker, {
      ...{ topic, partition, offset: position, maxBytes, signal },
      // The first answer is wanted at once, as it says where the end is.
      ...(end === undefined ? { maxWaitMs: 0, minBytes: 0 } : { maxWaitMs, minBytes: 1 }),
    });
    end ??= BigInt(fetched.highWatermark);
    const next = take({ topic, partition, onRecord }, position, fetched);
    if (next !== undefined) {
      emptyAnswers.reset();
      position = next;
      // Nothing comes although all up to the end may be seen: what there was is compacted away.
    } else if (BigInt(fetched.lastStableOffset) >= end && position < end && !emptyAnswers.isEarly())
      position = end;
  }
  return position;
}

/** @returns offset after the last record; undefined when there was none from `position` on */
function take(
  { topic, partition, onRecord }: Pick<PartitionReading, 'topic' | 'partition' | 'onRecord'>,
  position: bigint,
  fetched: FetchedPartition,
): bigint | undefined {
  const batch = new internals.Batch!(topic, position.toString(), fetched);
  for (const { offset, timestamp, key, value } of batch.messages)
    onRecord({ offset: BigInt(offset), timestampMs: Number(timestamp), key, value }, partition);
  return batch.isEmptyIncludingFiltered() ? undefined : BigInt(batch.lastOffset()) + 1n;
}
