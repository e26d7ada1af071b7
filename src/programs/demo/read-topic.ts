import type { KafkaDriver, ConsumerOptions } from '../../kafka/driver.js';

/** One message of a topic. */
export interface TopicMessage {
  readonly partition: number;
  readonly offset: bigint;
  readonly key: string | null;
  readonly value: Buffer | null;
}

const deadlineMs = 15_000;

/**
 * Reads what is on a topic, from its beginning to where it ends when this is called, as any other Kafka consumer would.
 *
 * @param groupId of its own; nothing is committed
 * @returns by partition, then by offset
 * @throws {Error} the topic does not exist, or could not be read in 15 seconds
 */
export async function readTopic(
  driver: KafkaDriver,
  topic: string,
  groupId: string,
): Promise<TopicMessage[]> {
  const missing = await endOffsets(driver, topic);
  const messages: TopicMessage[] = [];
  if (missing.size === 0) return messages;
  const { promise, resolve, reject } = deferred();
  const timer = setTimeout(() => {
    reject(new Error(`the topic ${topic} could not be read within ${deadlineMs / 1000} s`));
  }, deadlineMs);
  const consumer = driver.consumer(consumerOptions(topic, groupId), {
    onAssigned: () => undefined,
    onCommittedOffset: () => undefined,
    positionOf: () => null,
    onRecords: (_epoch, partition, records, nextOffset) => {
      for (const { offset, key, value } of records)
        messages.push({
          partition,
          offset,
          key: key === null ? null : key.toString(),
          value: value === null ? null : Buffer.from(value),
        });
      const end = missing.get(partition);
      if (end !== undefined && nextOffset >= end) missing.delete(partition);
      if (missing.size === 0) resolve();
    },
    onPositionReset: () => undefined,
    onTrouble: () => undefined,
    onFatal: reject,
  });
  try {
    await consumer.start();
    await promise;
  } finally {
    clearTimeout(timer);
    await consumer.stop(5_000);
  }
  return messages.sort((a, b) => a.partition - b.partition || Number(a.offset - b.offset));
}

/** Where each partition ends that holds anything. */
async function endOffsets(driver: KafkaDriver, topic: string): Promise<Map<number, bigint>> {
  const admin = await driver.admin();
  try {
    const info = await admin.describeTopic(topic);
    if (info === null) throw new Error(`there is no topic ${topic}`);
    const filled = info.partitions.filter(({ logStartOffset, endOffset }) => endOffset > logStartOffset);
    return new Map(filled.map(({ partition, endOffset }) => [partition, endOffset]));
  } finally {
    await admin.close();
  }
}

function consumerOptions(topic: string, groupId: string): ConsumerOptions {
  return {
    groupId,
    topic,
    sessionTimeoutMs: 10_000,
    heartbeatIntervalMs: 3_000,
    rebalanceTimeoutMs: 10_000,
    maxBytesPerPartition: 1024 * 1024,
    maxBytes: 8 * 1024 * 1024,
    maxWaitMs: 100,
    placement: 'spread',
    minBytes: 1,
    startFrom: 'earliest',
    metadataMaxAgeMs: 60_000,
  };
}

function deferred(): { promise: Promise<void>; resolve: () => void; reject: (error: Error) => void } {
  let resolve!: () => void;
  let reject!: (error: Error) => void;
  const promise = new Promise<void>((onDone, onError) => {
    resolve = onDone;
    reject = onError;
  });
  return { promise, resolve, reject };
}
