import { expect, test } from 'vitest';
import type { ConsumerOptions } from '../../../src/kafka/driver.js';
import { createTopic, useTestBroker, uniqueName } from '../brokers.js';
import { consumerOptions, GroupMember } from '../group-member.js';
import { waitUntil } from '../wait-until.js';

const broker = useTestBroker();

function oneMemberOptions(groupId: string, topic: string): ConsumerOptions {
  return { ...consumerOptions(groupId, topic), placement: 'one-member' };
}

async function startMember(options: ConsumerOptions): Promise<GroupMember> {
  const member = new GroupMember(broker.driver, options);
  await member.port.start();
  return member;
}

const all = [0, 1, 2, 3];

test('one member has all partitions and keeps them while others come; a stand-by takes over when it leaves', async () => {
  const options = oneMemberOptions(uniqueName('group'), await createTopic(broker.driver, 4));
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
  const topics = [await createTopic(broker.driver, 4), await createTopic(broker.driver, 2)];
  const first = await startMember(oneMemberOptions(groupId, topics[0]!));
  const second = await startMember(oneMemberOptions(groupId, topics[1]!));
  await waitUntil(() => second.partitions.length === 2 && first.assignments.length >= 2);
  expect([first.partitions, second.partitions]).toEqual([all, [0, 1]]);
  await Promise.all([first.port.stop(5_000), second.port.stop(5_000)]);
});

function byFileOptions(groupId: string, topic: string): ConsumerOptions {
  return { ...consumerOptions(groupId, topic), placement: 'by-file' };
}

function shareOf({ partitions }: GroupMember): number[] {
  return partitions;
}

test('by-file members have even shares, and keep what they have while others come and go', async () => {
  const options = byFileOptions(uniqueName('group'), await createTopic(broker.driver, 4));
  const first = await startMember(options);
  await waitUntil(() => first.partitions.length === 4);
  const second = await startMember(options);
  await waitUntil(() => first.partitions.length === 2 && second.partitions.length === 2);
  expect([...first.partitions, ...second.partitions].sort()).toEqual(all);
  // Of a generation that it missed it cannot know whether another one had them.
  const { kept, added } = first.assignments.at(-1)!;
  expect([kept, added].filter(part => part.length > 0)).toEqual([first.partitions]);

  const before = [first, second].map(shareOf);
  const third = await startMember(options);
  await waitUntil(() => third.partitions.length === 1);
  await waitUntil(() => first.partitions.length + second.partitions.length === 3);
  for (const [at, member] of [first, second].entries())
    expect(before[at]).toEqual(expect.arrayContaining(member.partitions));

  await third.port.stop(5_000);
  await waitUntil(() => first.partitions.length + second.partitions.length === 4);
  expect([...first.partitions, ...second.partitions].sort()).toEqual(all);
  await Promise.all([first, second].map(({ port }) => port.stop(5_000)));
  expect([first, second, third].flatMap(({ violations }) => violations)).toEqual([]);
});

test('a file on two partitions gives all partitions to one member, and every member hears why', async () => {
  const options = byFileOptions(uniqueName('group'), await createTopic(broker.driver, 4));
  const members = [await startMember(options), await startMember(options)];
  await waitUntil(() => members.every(({ partitions }) => partitions.length === 2));
  const [, second] = members;
  const reason = 'raw/a.dat lies on partitions 0 and 1';
  second!.port.tellScattered!(reason);
  await waitUntil(() => members.some(({ partitions }) => partitions.length === 4));
  await waitUntil(() => members.some(({ partitions }) => partitions.length === 0));
  const differences = members.map(({ assignments }) => assignments.at(-1)!.difference);
  expect(differences).toEqual(members.map(() => ({ kind: 'one-member', reason })));

  // Who saw the file leaves; the others remember. Which of them takes over is left open: both had nothing.
  await second!.port.stop(5_000);
  const late = await startMember(options);
  const left = [members[0]!, late];
  await waitUntil(() => left.some(({ partitions }) => partitions.length === 4));
  await waitUntil(() => left.every(({ assignments }) => assignments.at(-1)?.difference?.reason === reason));
  expect(left.map(({ partitions }) => partitions).sort()).toEqual([[], all]);
  await Promise.all(left.map(({ port }) => port.stop(5_000)));
});

test('two members that hold chunks of one file find out when one asks', async () => {
  const options = byFileOptions(uniqueName('group'), await createTopic(broker.driver, 4));
  const members = [await startMember(options), await startMember(options)];
  await waitUntil(() => members.every(({ partitions }) => partitions.length === 2));
  for (const member of members) member.openVersionIds = ['0123456789abcdef'];
  members[0]!.port.compareOpenVersions!();
  await waitUntil(() => members.some(({ partitions }) => partitions.length === 4));
  expect(members.map(({ assignments }) => assignments.at(-1)!.difference?.kind)).toContain('one-member');
  await Promise.all(members.map(({ port }) => port.stop(5_000)));
});

test('a rolling change from one placement to the other leaves no partition alone', async () => {
  const groupId = uniqueName('group');
  const topic = await createTopic(broker.driver, 4);
  const old = await startMember(oneMemberOptions(groupId, topic));
  await waitUntil(() => old.partitions.length === 4);
  const next = [
    await startMember(byFileOptions(groupId, topic)),
    await startMember(byFileOptions(groupId, topic)),
  ];
  await waitUntil(() => old.assignments.length >= 3);
  expect([old, ...next].map(({ partitions }) => partitions)).toEqual([all, [], []]);
  await old.port.stop(5_000);
  await waitUntil(() => next.every(({ partitions }) => partitions.length === 2));
  await Promise.all(next.map(({ port }) => port.stop(5_000)));
});

test('a member with other settings gets nothing, hears why, and works once the others are gone', async () => {
  const groupId = uniqueName('group');
  const topic = await createTopic(broker.driver, 4);
  const options = (delivery: string): ConsumerOptions => ({
    ...byFileOptions(groupId, topic),
    groupSettings: { delivery },
  });
  const first = await startMember(options('exactly-once'));
  await waitUntil(() => first.partitions.length === 4);
  const other = await startMember(options('at-least-once'));
  await waitUntil(() => other.assignments.length > 0);
  expect(other.assignments.at(-1)).toMatchObject({
    added: [],
    difference: { kind: 'refused', reason: 'delivery is exactly-once there and at-least-once here' },
  });
  await first.port.stop(5_000);
  await waitUntil(() => other.partitions.length === 4);
  expect(other.assignments.at(-1)!.difference).toBeUndefined();
  await other.port.stop(5_000);
});
