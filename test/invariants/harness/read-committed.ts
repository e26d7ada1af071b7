import { endOffsets, freshName, plainKafka, until, withAdmin } from './topics.js';

/** One record as a reader of committed records sees it. */
export interface CommittedRecord {
  readonly partition: number;
  readonly offset: bigint;
  readonly key: string;
  /** All of it but its place: key, value, headers, time stamp. */
  readonly content: string;
}

/** Reads a topic from its beginning to its present end, partition by partition. */
export async function readCommitted(brokers: readonly string[], topic: string): Promise<CommittedRecord[]> {
  const ends = await withAdmin(brokers, admin => endOffsets(admin, topic));
  const next = new Map<number, bigint>();
  const records = new Map<string, CommittedRecord>();
  const consumer = plainKafka(brokers).consumer({
    groupId: freshName('reader'),
    maxWaitTimeInMs: 50,
    readUncommitted: false,
  });
  const passed = (partition: number, offset: string): void => {
    next.set(partition, BigInt(offset) + 1n);
  };
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  // The marks at the ends of transactions take offsets as well, and no batch is made of them alone.
  consumer.on(consumer.events.START_BATCH_PROCESS, ({ payload }) => {
    if (payload.batchSize === 0) passed(payload.partition, payload.lastOffset);
  });
  await consumer.run({
    autoCommit: false,
    eachBatch: ({ batch }) => {
      for (const { offset, key, value, headers, timestamp } of batch.messages)
        // After a reconnect kafkajs may deliver again what it delivered before.
        records.set(`${batch.partition}@${offset}`, {
          partition: batch.partition,
          offset: BigInt(offset),
          key: String(key),
          content: JSON.stringify([hex(key), hex(value), headers, timestamp]),
        });
      passed(batch.partition, batch.lastOffset());
      return Promise.resolve();
    },
  });
  try {
    await until(`end of ${topic}`, 30_000, () =>
      [...ends].every(([partition, end]) => (next.get(partition) ?? 0n) >= end),
    );
  } finally {
    await consumer.disconnect();
  }
  return [...records.values()].sort((a, b) => a.partition - b.partition || Number(a.offset - b.offset));
}

function hex(bytes: Buffer | null): string | null {
  return bytes === null ? null : bytes.length > 10_000 ? `${bytes.length} bytes` : bytes.toString('hex');
}
