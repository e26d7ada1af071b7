import { randomBytes } from 'node:crypto';
import { beforeAll, expect, test } from 'vitest';
import { createTopic, driverFor, uniqueName } from '../kafka-driver/brokers.js';
import { consumerOptions, GroupMember } from '../kafka-driver/group-member.js';
import { waitUntil } from '../kafka-driver/wait-until.js';
import type { KafkaDriver } from '../../src/kafka/driver.js';
import { RealKafka } from '../real-kafka/real-kafka.js';
import { describeWithKafka } from './describe-with-kafka.js';

const waitMs = 30_000;
const compacted = {
  'cleanup.policy': 'compact',
  'segment.bytes': '1048576',
  'min.cleanable.dirty.ratio': '0.001',
  'max.compaction.lag.ms': '100',
};

const start = () =>
  RealKafka.start({ set: { 'log.cleaner.backoff.ms': '100', 'log.initial.task.delay.ms': '100' } });

/** A state topic is compacted, and what is behind a batch that has lost its last records must be read all the same. */
describeWithKafka('a topic that Kafka has compacted', start, kafka => {
  let driver: KafkaDriver;
  beforeAll(() => {
    driver = driverFor(kafka().brokers);
  });

  /** Three batches, each of which fills a segment. @returns what is left, once the first two are compacted */
  async function compact(batches: readonly (readonly string[])[], mayRepeat: boolean) {
    const topic = await createTopic(driver, 1, compacted);
    for (const keys of batches) {
      // A head is kept for the last batch of each idempotent producer that is alive.
      const producer = driver.producer({ mayRepeat });
      await producer.send(
        topic,
        0,
        keys.map(key => ({ key: Buffer.from(key), value: randomBytes(900_000 / keys.length), headers: {} })),
      );
      await producer.close();
    }
    const left = batches
      .flat()
      .map((key, offset) => ({ key, offset: BigInt(offset) }))
      .filter(({ key, offset }, _, all) => !all.some(other => other.key === key && other.offset > offset));
    const readFrom = async (from: bigint) => {
      const found: { key: string; offset: bigint }[] = [];
      await driver.readToEnd({
        topic,
        from: new Map([[0, from]]),
        onRecord: ({ key, offset }) => found.push({ key: String(key), offset }),
      });
      return found;
    };
    const total = BigInt(batches.flat().length);
    const firstOfLast = total - BigInt(batches.at(-1)!.length);
    await waitUntil(
      async () =>
        (await countBefore(topic, firstOfLast)) === left.filter(({ offset }) => offset < firstOfLast).length,
      undefined,
      waitMs,
    );
    return { topic, left, readFrom };
  }

  /** @returns how many records there are before an offset, each looked for by itself */
  async function countBefore(topic: string, end: bigint): Promise<number> {
    const reader = driver.recordReader(topic);
    let count = 0;
    for (let offset = 0n; offset < end; offset += 1n) {
      const gone = await reader.read({
        records: new Map([[0, [{ offset, byteLength: 1 }]]]),
        onRecords: () => undefined,
      });
      if ([...gone.values()].flat().length === 0) count += 1;
    }
    await reader.close();
    return count;
  }

  test.each([
    [
      'a batch that has lost its last records',
      [
        ['a', 'b', 'c'],
        ['b', 'c', 'd'],
        ['y', 'z'],
      ],
      true,
    ],
    [
      'a batch that has lost all of them',
      [
        ['a', 'b', 'c'],
        ['a', 'b', 'c'],
        ['y', 'z'],
      ],
      false,
    ],
  ] as const)(
    'is read on behind %s',
    async (_, batches, mayRepeat) => {
      const { topic, left, readFrom } = await compact(batches, mayRepeat);
      expect(await readFrom(0n)).toEqual(left);
      const member = new GroupMember(driver, consumerOptions(uniqueName('group'), topic));
      await member.port.start();
      await waitUntil(() => member.records.length === left.length, undefined, waitMs);
      await member.port.stop(5_000);
      expect(member.records.map(({ offset }) => offset)).toEqual(left.map(({ offset }) => offset));
    },
    3 * waitMs,
  );
});
