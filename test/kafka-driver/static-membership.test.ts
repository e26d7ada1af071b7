import { expect, test } from 'vitest';
import type { ConsumerOptions } from '../../src/kafka/driver.js';
import { createTopic, useTestBroker, uniqueName } from './brokers.js';
import { consumerOptions, GroupMember } from './group-member.js';
import { numbered, sendTexts } from './send-texts.js';
import { waitUntil } from './wait-until.js';

const broker = useTestBroker();
/** The broker believes in such a member for a minute, and it does not hear what happens to its group. */
const killed = { sessionTimeoutMs: 60_000, heartbeatIntervalMs: 59_000 };

async function openScene(partitionCount: number) {
  const topic = await createTopic(broker.driver, partitionCount);
  const producer = broker.driver.producer();
  await sendTexts(producer, topic, 0, numbered('r', 10));
  await producer.close();
  const groupId = uniqueName('group');
  const join = async (change: Partial<ConsumerOptions>): Promise<GroupMember> => {
    const options = { ...consumerOptions(groupId, topic), rebalanceTimeoutMs: 60_000 };
    const member = new GroupMember(broker.driver, { ...options, placement: 'by-file', ...change });
    await member.port.start();
    return member;
  };
  return { join };
}

test('a member that is started again under the same name goes on at once from what is committed', async () => {
  const { join } = await openScene(2);
  const first = await join({ ...killed, groupInstanceId: 'slot-1' });
  await waitUntil(() => first.records.length === 10);
  await first.port.commit(first.epoch, [{ partition: 0, offset: 4n, metadata: 'next=4' }]);

  const again = await join({ groupInstanceId: 'slot-1' });
  await waitUntil(() => again.records.length === 6);
  expect(again.partitions).toEqual([0, 1]);
  expect(await again.commitAll()).toBe('committed');
  expect(await first.commitAll()).toBe('stale');
  await Promise.all([first, again].map(({ port }) => port.stop(5_000)));
  expect([...first.violations, ...again.violations]).toEqual([]);
});

test('the others of its group keep what they have and hear nothing of it', async () => {
  const { join } = await openScene(4);
  const other = await join({});
  const first = await join({ ...killed, groupInstanceId: 'slot-1' });
  await waitUntil(() => other.partitions.length === 2);
  const generationCount = other.assignments.length;
  const again = await join({ groupInstanceId: 'slot-1' });
  expect(again.partitions).toEqual(first.partitions);
  expect(other.assignments).toHaveLength(generationCount);
  await Promise.all([first, other, again].map(({ port }) => port.stop(5_000)));
});

test('of two processes with one name the earlier one ends, and is told why', async () => {
  const { join } = await openScene(1);
  const first = await join({ groupInstanceId: 'slot-1' });
  const second = await join({ groupInstanceId: 'slot-1' });
  await waitUntil(() => first.fatal.length > 0);
  expect(first.fatal[0]?.message).toMatch(
    /^cannot read topic .*: another process has joined the group with the same --group-instance-id; each worker of a group needs one of its own \(FENCED_INSTANCE_ID\)$/,
  );
  await waitUntil(() => second.records.length === 10);
  await Promise.all([first, second].map(({ port }) => port.stop(5_000)));
  expect(second.fatal).toEqual([]);
});

test('a member that is started again with other settings than its group does not get the share of its former process', async () => {
  const { join } = await openScene(2);
  const other = await join({ groupSettings: { delivery: 'at-least-once' } });
  const first = await join({
    ...killed,
    groupInstanceId: 'slot-1',
    groupSettings: { delivery: 'at-least-once' },
  });
  await waitUntil(() => other.partitions.length === 1);
  const again = await join({
    groupInstanceId: 'slot-1',
    groupSettings: { delivery: 'exactly-once' },
  });
  expect(again.partitions).toEqual([]);
  expect(again.assignments.at(-1)?.difference).toEqual({
    kind: 'refused',
    reason: 'delivery is at-least-once there and exactly-once here',
  });
  await waitUntil(() => other.partitions.length === 2);
  await Promise.all([first, other, again].map(({ port }) => port.stop(5_000)));
});
