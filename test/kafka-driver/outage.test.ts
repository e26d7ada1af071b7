import { createServer } from 'node:net';
import { once } from 'node:events';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { KafkaDriver } from '../../src/kafka/driver.js';
import {
  createTopic,
  driverFor,
  type RestartableBroker,
  startRestartableBroker,
  uniqueName,
} from './brokers.js';
import { consumerOptions, GroupMember } from './group-member.js';
import { numbered, sendTexts } from './send-texts.js';
import { waitUntil } from './wait-until.js';

let broker: RestartableBroker;
let driver: KafkaDriver;

beforeAll(async () => {
  broker = await startRestartableBroker();
  driver = driverFor(broker.brokers);
}, 120_000);

afterAll(() => broker.stop(), 60_000);

test('goes on by itself after the broker was away', { timeout: 120_000 }, async () => {
  const topic = await createTopic(driver, 2);
  const producer = driver.producer();
  await sendTexts(producer, topic, 0, numbered('a', 5));
  await sendTexts(producer, topic, 1, numbered('a', 5));
  // Longer than the test may take: the member that crashed must be signed off, not waited for.
  const sessions = { sessionTimeoutMs: 200_000, rebalanceTimeoutMs: 200_000 };
  const options = { ...consumerOptions(uniqueName('group'), topic), ...sessions };
  const member = new GroupMember(driver, options);
  await member.port.start();
  await waitUntil(() => member.records.length === 10);
  await member.commitAll();
  const epochBefore = member.epoch;

  await broker.goAway();
  await untilTrouble(member, `cannot reach Kafka at ${broker.brokers.join(',')}: `);
  const late = sendTexts(producer, topic, 0, ['late']).then(
    () => true,
    () => false,
  );
  expect(await member.commitAll()).toBe('stale');
  await broker.comeBack();
  if (!(await late)) await sendTexts(producer, topic, 0, ['late']);
  await waitUntil(() => member.records.some(({ value }) => value === 'late'), undefined, 60_000);

  const rejoined = member.assignments.find(({ epoch }) => epoch > epochBefore)!;
  expect(rejoined).toMatchObject({ kept: [], added: [0, 1], lost: [] });
  expect(await member.commitAll()).toBe('committed');
  await member.port.stop(5_000);
  await producer.close();
  expect(member.violations).toEqual([]);
  expect(member.fatal).toEqual([]);
});

test('waits at the start for a broker that is away', { timeout: 120_000 }, async () => {
  const topic = await createTopic(driver, 1);
  await broker.goAway();
  const member = new GroupMember(driver, consumerOptions(uniqueName('group'), topic));
  const started = member.port.start();
  await waitUntil(() => member.troubles.length > 0);
  expect(member.troubles[0]).toMatchObject({ name: 'BrokerError', retriable: true });
  expect(member.assignments).toEqual([]);
  await broker.comeBack();
  await started;
  expect(member.partitions).toEqual([0]);
  await member.port.stop(5_000);
});

test.concurrent('stops while it waits for a broker', async () => {
  const closed = createServer().listen(0, '127.0.0.1');
  await once(closed, 'listening');
  const { port } = closed.address() as { port: number };
  closed.close();
  const away = driverFor([`127.0.0.1:${port}`]);
  const member = new GroupMember(away, consumerOptions(uniqueName('group'), 'any'));
  const started = member.port.start();
  await waitUntil(() => member.troubles.length > 0);
  await member.port.stop(1_000);
  await started;
  const count = member.troubles.length;
  const text = `cannot reach Kafka at 127.0.0.1:${port}: connection refused (connect ECONNREFUSED 127.0.0.1:${port})`;
  await expect(away.admin()).rejects.toThrow(text);
  // Known long before kafkajs gives up.
  expect(away.connectionTrouble()?.message).toBe(text);
  expect(member.troubles).toHaveLength(count);
});

test.concurrent('stops in time when the broker accepts connections and never answers', async () => {
  const silent = createServer().listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const { port } = silent.address() as { port: number };
  const member = new GroupMember(
    driverFor([`127.0.0.1:${port}`]),
    consumerOptions(uniqueName('group'), 'any'),
  );
  const connected = once(silent, 'connection');
  const started = member.port.start();
  await connected;
  await member.port.stop(500);
  await started;
  silent.close();
  // Closed only when no connection is left.
  await once(silent, 'close');
});

test.concurrent(
  'a topic that does not exist is trouble until somebody creates it',
  { timeout: 60_000 },
  async () => {
    const topic = uniqueName('later');
    const member = new GroupMember(driver, consumerOptions(uniqueName('group'), topic));
    const started = member.port.start();
    await untilTrouble(member, 'the topic does not exist, or this user may not see it');
    const admin = await driver.admin();
    await admin.createTopic(topic, 1);
    await admin.close();
    await started;
    expect(member.partitions).toEqual([0]);
    await member.port.stop(5_000);
  },
);

/** A broker that has just started may make other trouble before: it loads the group. */
function untilTrouble(member: GroupMember, text: string): Promise<void> {
  const texts = (): string[] => member.troubles.map(({ message }) => message);
  return waitUntil(
    () => texts().some(message => message.includes(text)),
    () => `no trouble with '${text}' among ${JSON.stringify(texts())}`,
  );
}
