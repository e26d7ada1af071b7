import { afterEach, expect, test } from 'vitest';
import { plainKafka, withAdmin } from '../invariants/harness/topics.js';
import { createTopic, useTestBroker } from './brokers.js';
import { emptyNextFetch } from './next-request.js';
import { sendTexts } from './send-texts.js';

/** Records that are there, although the first look does not show them. */
const broker = useTestBroker();

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function send(topic: string, partition: number, texts: readonly string[]): Promise<void> {
  const producer = broker.driver.producer();
  await sendTexts(producer, topic, partition, texts);
  await producer.close();
}

function openReader(topic: string) {
  const reader = broker.driver.recordReader(topic);
  closing.push(() => reader.close());
  const found: string[] = [];
  const read = async (partition: number, offsets: readonly bigint[]) => {
    const gone = await reader.read({
      records: new Map([[partition, offsets.map(offset => ({ offset, byteLength: 1 }))]]),
      onRecords: (_, records) => found.push(...records.map(({ value }) => String(value))),
    });
    return [...gone.values()].flat();
  };
  return { found, read };
}

test('an answer without records, where there are some, is not taken for their loss', async () => {
  const topic = await createTopic(broker.driver, 1);
  await send(topic, 0, ['a', 'b', 'c']);
  const { found, read } = openReader(topic);
  emptyNextFetch();
  expect(await read(0, [0n, 2n])).toEqual([]);
  expect(found).toEqual(expect.arrayContaining(['a', 'c']));
});

test('nor for the end of the topic', async () => {
  const topic = await createTopic(broker.driver, 1);
  await send(topic, 0, ['a', 'b', 'c']);
  const found: string[] = [];
  emptyNextFetch();
  const ends = await broker.driver.readToEnd({
    topic,
    from: new Map(),
    onRecord: ({ value }) => found.push(String(value)),
  });
  expect(found).toEqual(['a', 'b', 'c']);
  expect(ends).toEqual(new Map([[0, 3n]]));
});

test('records of partitions that were added later are found by a reader that was there before', async () => {
  const topic = await createTopic(broker.driver, 1);
  await send(topic, 0, ['a']);
  const { found, read } = openReader(topic);
  expect(await read(0, [0n])).toEqual([]);
  await withAdmin(broker.brokers, admin =>
    admin.createPartitions({ topicPartitions: [{ topic, count: 2 }] }),
  );
  const producer = plainKafka(broker.brokers).producer();
  await producer.connect();
  closing.push(() => producer.disconnect());
  await producer.send({ topic, messages: [{ partition: 1, value: 'b' }] });
  expect(await read(1, [0n])).toEqual([]);
  expect(found).toEqual(['a', 'b']);
});
