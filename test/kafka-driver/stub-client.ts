import type { Consumer, ConsumerConfig } from 'kafkajs';
import { silentLogger } from '../../src/logger.js';
import type { KafkaClient } from '../../src/kafka/kafkajs/connection-config.js';
import type { Cluster, FetchedPartition, LeadingBroker } from '../../src/kafka/kafkajs/kafkajs-internals.js';

/** What a broker says of one partition. */
export type Answer = Pick<FetchedPartition, 'highWatermark' | 'lastStableOffset' | 'messages'>;

export interface StubLeader {
  readonly nodeId: string;
  /** The next answer to a Fetch from this offset. */
  readonly answer: (offset: bigint) => Answer | Promise<Answer>;
}

/** Topics have one partition, which this broker leads as far as the cluster's metadata knows. */
export function stubCluster({ nodeId, answer }: StubLeader): Cluster {
  const leader: LeadingBroker = {
    fetch: async ({ topics }) => {
      const offset = BigInt(topics[0]!.partitions[0]!.fetchOffset);
      return { responses: [{ partitions: [{ partition: 0, ...(await answer(offset)) }] }] };
    },
  };
  const cluster: Partial<Cluster> = {
    addMultipleTargetTopics: () => Promise.resolve(),
    findTopicPartitionMetadata: () => [{ partitionId: 0 }],
    findLeaderForPartitions: () => ({ [nodeId]: [0] }),
    fetchTopicsOffset: asked =>
      Promise.resolve(asked.map(({ topic }) => ({ topic, partitions: [{ partition: 0, offset: '0' }] }))),
    findBroker: () => Promise.resolve(leader),
  };
  return cluster as Cluster;
}

/** A client whose connections are those of the cluster. */
export function stubClient(cluster: Cluster): KafkaClient {
  const consumer = ({ groupId, partitionAssigners }: ConsumerConfig): Partial<Consumer> => {
    const logger = silentLogger() as never;
    for (const create of partitionAssigners!) create({ cluster: cluster as never, groupId, logger });
    return { connect: () => Promise.resolve(), disconnect: () => Promise.resolve() };
  };
  return { kafka: { consumer } as unknown as KafkaClient['kafka'], destroy: () => undefined };
}

/** Records as kafkajs decodes them. */
export function recordsAt(...offsets: readonly number[]): object[] {
  return offsets.map(offset => ({
    ...{ offset: String(offset), timestamp: '0', key: null, value: Buffer.from(`at ${offset}`) },
    ...{ isControlRecord: false, batchContext: { producerId: '-1', inTransaction: false } },
  }));
}
