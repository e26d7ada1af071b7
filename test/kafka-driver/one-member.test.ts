import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ConsumerOptions, KafkaDriver } from '../../src/kafka/driver.js';
import { createTopic, driverFor, startTestBroker, uniqueName, type TestBroker } from './brokers.js';
import { consumerOptions, GroupMember } from './group-member.js';
import { waitUntil } from './wait-until.js';

let broker: TestBroker;
let driver: KafkaDriver;

beforeAll(async () => {
  broker = await startTestBroker();
  driver = driverFor(broker.brokers);
}, 60_000);

afterAll(() => broker.stop());

function oneMemberOptions(groupId: string, topic: string): ConsumerOptions {
  return { ...consumerOptions(groupId, topic), placement: 'one-member' };
}

async function startMember(options: ConsumerOptions): Promise<GroupMember> {
  const member = new GroupMember(driver, options);
  await member.port.start();
  return member;
}

const all = [0, 1, 2, 3];

test('one member has all partitions and keeps them while others come; a stand-by takes over when it leaves', async () => {
  const options = oneMemberOptions(uniqueName('group'), await createTopic(driver, 4));
  const active = await startMember(options);
  const standBys = [await startMember(options), await startMember(options)];
  // Each join is a new generation for everybody.
  await waitUntil(() => active.assignments.length >= 3);
  expect(active.partitions).toEqual(all);
  expect(active.assignments.slice(1).every(({ kept }) => kept.length === 4)).toBe(true);
  expect(standBys.map(({ partitions }) => partitions)).toEqual([[], []]);

  await active.port.stop(5_000);
  await waitUntil(() => standBys.some(({ partitions }) => partitions.length > 0));
  expect(standBys.map(({ partitions }) => partitions).sort()).toEqual([[], all]);
  await Promise.all(standBys.map(({ port }) => port.stop(5_000)));
});

test('members of one group that read different topics have each their own', async () => {
  const groupId = uniqueName('group');
  const topics = [await createTopic(driver, 4), await createTopic(driver, 2)];
  const first = await startMember(oneMemberOptions(groupId, topics[0]!));
  const second = await startMember(oneMemberOptions(groupId, topics[1]!));
  await waitUntil(() => second.partitions.length === 2 && first.assignments.length >= 2);
  expect([first.partitions, second.partitions]).toEqual([all, [0, 1]]);
  await Promise.all([first.port.stop(5_000), second.port.stop(5_000)]);
});
