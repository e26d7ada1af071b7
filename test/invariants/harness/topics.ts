import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Kafka, logLevel, type Admin } from 'kafkajs';
import { patchKafkajs } from '../../../src/kafka/kafkajs/patches/patch-kafkajs.js';

/**
 * A plain client of the checker's own: nothing of the code under test, but for the mending of kafkajs's filter of aborted
 * transactions.
 */
export function plainKafka(brokers: readonly string[]): Kafka {
  patchKafkajs(['hideAbortedRecords']);
  return new Kafka({
    clientId: 'checker',
    brokers: [...brokers],
    logLevel: logLevel.NOTHING,
    retry: { retries: 20, initialRetryTime: 100, maxRetryTime: 1000 },
  });
}

/** A name that no earlier run has used. */
export function freshName(prefix: string): string {
  return `${prefix}-${randomUUID().slice(0, 8)}`;
}

export async function withAdmin<T>(
  brokers: readonly string[],
  use: (admin: Admin) => Promise<T>,
): Promise<T> {
  const admin = plainKafka(brokers).admin();
  await admin.connect();
  try {
    return await use(admin);
  } finally {
    await admin.disconnect();
  }
}

/** Creates a topic and waits until each partition has a leader. */
export async function createTopic(
  brokers: readonly string[],
  prefix: string,
  partitions: number,
  config: Readonly<Record<string, string>> = {},
): Promise<string> {
  const topic = freshName(prefix);
  const configEntries = Object.entries(config).map(([name, value]) => ({ name, value }));
  await withAdmin(brokers, async admin => {
    const topics = [{ topic, numPartitions: partitions, configEntries }];
    await admin.createTopics({ waitForLeaders: false, topics });
    await until(`leaders of ${topic}`, 30_000, async () => {
      const metadata = await admin.fetchTopicMetadata({ topics: [topic] }).catch(() => undefined);
      const found = metadata?.topics[0]?.partitions ?? [];
      return found.length === partitions && found.every(({ leader }) => leader >= 0);
    });
  });
  return topic;
}

/** Next offset of each partition. */
export async function endOffsets(admin: Admin, topic: string): Promise<Map<number, bigint>> {
  const offsets = await admin.fetchTopicOffsets(topic);
  return new Map(offsets.map(({ partition, high }) => [partition, BigInt(high)]));
}

/** Committed offsets of a group; partitions without one are left out. */
export async function committedOffsets(
  admin: Admin,
  groupId: string,
  topic: string,
): Promise<Map<number, bigint>> {
  const [answer] = await admin.fetchOffsets({ groupId, topics: [topic] });
  const known = answer!.partitions.filter(({ offset }) => BigInt(offset) >= 0n);
  return new Map(known.map(({ partition, offset }) => [partition, BigInt(offset)]));
}

/**
 * Waits for a state; looks every 10 ms.
 * @throws {Error} naming `what`, after `timeoutMs`
 */
export async function until(
  what: string,
  timeoutMs: number,
  isReached: () => boolean | Promise<boolean>,
): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!(await isReached())) {
    if (Date.now() > deadline) throw new Error(`not seen within ${timeoutMs} ms: ${what}`);
    await delay(10);
  }
}
