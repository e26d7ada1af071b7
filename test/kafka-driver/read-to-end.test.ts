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

async function read(
  topic: string,
  from: ReadonlyMap<number, bigint> = new Map(),
): Promise<{ texts: string[]; ends: ReadonlyMap<number, bigint> }> {
  const texts: string[] = [];
  const onRecord = ({ value }: { value: Buffer | null }): void => void texts.push(String(value));
  const ends = await driver.readToEnd({ topic, from, onRecord });
  return { texts, ends };
}

test('reads all partitions to their ends, and later only what came since', async () => {
  const topic = await createTopic(driver, 3);
  const producer = driver.producer();
  await sendTexts(producer, topic, 0, numbered('a', 500));
  await sendTexts(producer, topic, 2, numbered('c', 10));
  const first = await read(topic);
  expect(first.texts).toEqual([...numbered('a', 500), ...numbered('c', 10)]);
  expect([...first.ends]).toEqual([
    [0, 500n],
    [1, 0n],
    [2, 10n],
  ]);
  await sendTexts(producer, topic, 1, ['later']);
  await producer.close();
  expect((await read(topic, first.ends)).texts).toEqual(['later']);
});

test('shows committed records only, and waits for a transaction that was begun before', async () => {
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
  const undecided = await producer.transaction();
  await undecided.send({ topic, messages: [{ value: 'committed' }] });
  let isOver = false;
  const reading = read(topic).finally(() => (isOver = true));
  // A reader that does not wait would be through with the topic by then.
  const other = await createTopic(driver, 1);
  await read(other);
  expect(isOver).toBe(false);
  await undecided.commit();
  expect((await reading).texts).toEqual(['committed']);
  await producer.disconnect();
});

test('a topic that does not exist is an error that may pass, and is not made', async () => {
  const topic = uniqueName('missing');
  await expect(read(topic)).rejects.toMatchObject({ code: 'ERR_BROKER', retriable: true });
  const admin = await driver.admin();
  expect(await admin.describeTopic(topic)).toBeNull();
  await admin.close();
});
