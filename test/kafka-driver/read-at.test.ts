import { afterAll, beforeAll, expect, test } from 'vitest';
import type { KafkaDriver } from '../../src/kafka/driver.js';
import { plainKafka } from '../invariants/harness/topics.js';
import { createTopic, driverFor, startTestBroker, type TestBroker, uniqueName } from './brokers.js';
import { numbered, sendTexts } from './send-texts.js';

let broker: TestBroker;
let driver: KafkaDriver;

beforeAll(async () => {
  broker = await startTestBroker();
  driver = driverFor(broker.brokers);
}, 60_000);

afterAll(() => broker.stop());

async function readAt(
  topic: string,
  offsets: Readonly<Record<number, readonly number[]>>,
): Promise<{ texts: string[]; missing: ReadonlyMap<number, readonly bigint[]> }> {
  const texts: string[] = [];
  const wanted = Object.entries(offsets).map(
    ([partition, its]) => [Number(partition), its.map(BigInt)] as const,
  );
  const missing = await driver.readAt({
    topic,
    offsets: new Map(wanted),
    onRecords: (partition, records) => {
      for (const { offset, value } of records) texts.push(`${partition}/${offset} ${String(value)}`);
    },
  });
  return { texts, missing };
}

test('reads just the records that are asked for, of several partitions', async () => {
  const topic = await createTopic(driver, 2);
  const producer = driver.producer();
  await sendTexts(producer, topic, 0, numbered('a', 500));
  await sendTexts(producer, topic, 1, numbered('b', 3));
  await producer.close();
  const { texts, missing } = await readAt(topic, { 0: [0, 7, 8, 499], 1: [2] });
  const [a, b] = [numbered('a', 500), numbered('b', 3)];
  expect(texts).toEqual([`0/0 ${a[0]}`, `0/7 ${a[7]}`, `0/8 ${a[8]}`, `0/499 ${a[499]}`, `1/2 ${b[2]}`]);
  expect([...missing.values()].flat()).toEqual([]);
});

test('tells which ones are gone: removed from the beginning, and beyond the end of a topic made anew', async () => {
  const topic = await createTopic(driver, 1);
  const producer = driver.producer();
  await sendTexts(producer, topic, 0, numbered('a', 10));
  await producer.close();
  const admin = plainKafka(broker.brokers).admin();
  await admin.connect();
  // kafkajs does not load the topic's metadata by itself here.
  await admin.fetchTopicOffsets(topic);
  await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '4' }] });
  await admin.disconnect();
  const { texts, missing } = await readAt(topic, { 0: [1, 3, 4, 9, 25] });
  expect(texts).toEqual([4, 9].map(at => `0/${at} ${numbered('a', 10)[at]}`));
  expect([...missing]).toEqual([[0, [1n, 3n, 25n]]]);
});

test('what a transaction gave up is missing', async () => {
  const topic = await createTopic(driver, 1);
  const producer = plainKafka(broker.brokers).producer({
    transactionalId: uniqueName('transaction'),
    idempotent: true,
    maxInFlightRequests: 1,
  });
  await producer.connect();
  const aborted = await producer.transaction();
  await aborted.send({ topic, messages: [{ value: 'aborted' }] });
  await aborted.abort();
  const committed = await producer.transaction();
  await committed.send({ topic, messages: [{ value: 'committed' }] });
  await committed.commit();
  await producer.disconnect();
  const { texts, missing } = await readAt(topic, { 0: [0, 2] });
  expect(texts).toEqual(['0/2 committed']);
  expect([...missing]).toEqual([[0, [0n]]]);
});

test('reads nothing while there is no room for it', async () => {
  const topic = await createTopic(driver, 2);
  const producer = driver.producer();
  for (const partition of [0, 1]) await sendTexts(producer, topic, partition, numbered('a', 3));
  await producer.close();
  const read: number[] = [];
  let hasRoom = false;
  let makeRoom: () => void = () => undefined;
  const asked = new Promise<void>(resolve => (makeRoom = resolve));
  const untilRoom = async (): Promise<void> => {
    hasRoom = false;
    makeRoom();
    await new Promise(setImmediate);
    hasRoom = true;
  };
  const offsets = new Map([0, 1].map(partition => [partition, [0n, 2n]] as const));
  const onRecords = (partition: number): void => {
    expect(hasRoom).toBe(true);
    read.push(partition);
  };
  await Promise.all([asked, driver.readAt({ topic, offsets, onRecords, untilRoom })]);
  expect(new Set(read)).toEqual(new Set([0, 1]));
});
