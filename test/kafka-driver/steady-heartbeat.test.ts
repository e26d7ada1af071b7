import { afterEach, expect, test } from 'vitest';
import type { ConsumerOptions } from '../../src/kafka/driver.js';
import { createTopic, useTestBroker, uniqueName } from './brokers.js';
import { consumerOptions, GroupMember } from './group-member.js';
import { countRequests, holdNext } from './next-request.js';
import { numbered, sendTexts } from './send-texts.js';
import { waitUntil } from './wait-until.js';

const broker = useTestBroker();
/** Five heartbeats, each half an interval late, take three seconds. */
const shortSession = { sessionTimeoutMs: 1_500, heartbeatIntervalMs: 400, rebalanceTimeoutMs: 20_000 };
const heartbeatsOfTwoSessions = 5;

const closing: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function openScene(change: Partial<ConsumerOptions> = {}) {
  const topic = await createTopic(broker.driver, 2);
  const producer = broker.driver.producer();
  closing.push(() => producer.close());
  const options = { ...consumerOptions(uniqueName('group'), topic), ...shortSession, ...change };
  const join = async (): Promise<GroupMember> => {
    const member = new GroupMember(broker.driver, options);
    closing.push(() => member.port.stop(5_000));
    await member.port.start();
    return member;
  };
  const send = (partition: number, count: number) =>
    sendTexts(producer, topic, partition, numbered(`${partition}/`, count));
  return { join, send };
}

/** Keeps the answer to a member's next Fetch back. */
async function holdFetch() {
  const held = holdNext('Fetch');
  closing.push(held.release);
  await held.isHeld;
  const heartbeats = countRequests('Heartbeat');
  closing.push(heartbeats.stop);
  return {
    release: held.release,
    outliveSession: () => waitUntil(() => heartbeats.count >= heartbeatsOfTwoSessions),
  };
}

test('a member whose fetch takes longer than the session keeps its place', async () => {
  const { join, send } = await openScene();
  await send(0, 5);
  const member = await join();
  await waitUntil(() => member.records.length === 5);

  const held = await holdFetch();
  await send(1, 5);
  await held.outliveSession();
  expect(await member.commitAll()).toBe('committed');
  held.release();
  await waitUntil(() => member.records.length === 10);
  expect(await member.commitAll()).toBe('committed');
  expect(member.assignments).toHaveLength(1);
  expect([...member.violations, ...member.troubles]).toEqual([]);
});

test('it takes part in a rebalance once its answer is there, and keeps what stays its own', async () => {
  const { join, send } = await openScene();
  await send(0, 5);
  await send(1, 5);
  const first = await join();
  await waitUntil(() => first.records.length === 10);

  const held = await holdFetch();
  const joining = join();
  await held.outliveSession();
  expect(first.assignments).toHaveLength(1);
  held.release();
  const second = await joining;
  await waitUntil(() => first.partitions.length === 1 && second.partitions.length === 1);
  expect(first.assignments[1]).toMatchObject({ kept: first.partitions, added: [] });
  expect([...first.violations, ...second.violations]).toEqual([]);
});

test('having something to say to its group does not cost it its place', async () => {
  const { join, send } = await openScene({ placement: 'by-file' });
  await send(0, 5);
  const member = await join();
  await waitUntil(() => member.records.length === 5);

  const held = await holdFetch();
  member.port.tellScattered!('file');
  await held.outliveSession();
  expect(await member.commitAll()).toBe('committed');
  held.release();
  await waitUntil(() => member.assignments.length === 2);
  expect(member.assignments[1]).toMatchObject({ kept: [0, 1], added: [], lost: [] });
  expect(member.violations).toEqual([]);
});
