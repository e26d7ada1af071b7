import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { setTimeout as delay } from 'node:timers/promises';
import type { ConsumerPort, ProducerPort } from '../../src/kafka/driver.js';
import { createTopic, useTestBroker, uniqueName } from './brokers.js';
import { consumerOptions, GroupMember } from './group-member.js';
import { numbered, sendTexts } from './send-texts.js';
import { waitUntil } from './wait-until.js';

const broker = useTestBroker();
let producer: ProducerPort;

beforeAll(() => {
  producer = broker.driver.producer();
});
afterAll(() => producer.close());

async function fill(topic: string, partitionCount: number, recordCount: number): Promise<void> {
  const sends = Array.from({ length: partitionCount }, (_, partition) =>
    sendTexts(producer, topic, partition, numbered(`${partition}/`, recordCount)),
  );
  await Promise.all(sends);
}

const stopAll = (ports: readonly ConsumerPort[]) => Promise.all(ports.map(port => port.stop(5_000)));

describe('two members of a group', () => {
  test('share the partitions, keep what stays theirs, and take over what was committed', async () => {
    const topic = await createTopic(broker.driver, 4);
    const options = consumerOptions(uniqueName('group'), topic);
    await fill(topic, 4, 10);
    const first = new GroupMember(broker.driver, options);
    await first.port.start();
    expect(first.assignments[0]).toEqual({ epoch: 1, kept: [], added: [0, 1, 2, 3], lost: [] });
    await waitUntil(() => first.records.length === 40);
    expect(first.committed.slice(0, 4).map(({ offset, metadata }) => [offset, metadata])).toEqual(
      Array.from({ length: 4 }, () => [null, null]),
    );
    expect(await first.commitAll()).toBe('committed');

    const second = new GroupMember(broker.driver, options);
    await second.port.start();
    await waitUntil(() => second.partitions.length === 2 && first.partitions.length === 2);
    expect([...first.partitions, ...second.partitions].sort()).toEqual([0, 1, 2, 3]);
    const rebalanced = first.assignments.at(-1)!;
    expect(rebalanced.added).toEqual([]);
    expect(rebalanced.kept).toHaveLength(2);
    expect(rebalanced.lost).toHaveLength(2);
    await fill(topic, 4, 5);
    await waitUntil(() => first.records.length + second.records.length === 60);
    expect(second.committed.filter(({ epoch }) => epoch === second.epoch)).toEqual(
      expect.arrayContaining(
        second.partitions.map(partition => ({
          partition,
          offset: 10n,
          metadata: 'next=10',
          epoch: second.epoch,
        })),
      ),
    );
    await stopAll([first.port, second.port]);
    expect([...first.violations, ...second.violations]).toEqual([]);
  });

  test('commit nothing for an epoch that has ended, nor for partitions they do not own', async () => {
    const topic = await createTopic(broker.driver, 2);
    const groupId = uniqueName('group');
    const options = consumerOptions(groupId, topic);
    await fill(topic, 2, 3);
    const first = new GroupMember(broker.driver, options);
    await first.port.start();
    await waitUntil(() => first.records.length === 6);
    const endedEpoch = first.epoch;
    const offsets = [0, 1].map(partition => ({ partition, offset: 2n, metadata: 'next=2' }));
    const second = new GroupMember(broker.driver, options);
    await second.port.start();
    await waitUntil(() => first.epoch > endedEpoch && second.partitions.length === 1);
    expect(await first.port.commit(endedEpoch, offsets)).toBe('stale');
    expect(await first.port.commit(first.epoch, offsets)).toBe('stale');
    const admin = await broker.driver.admin();
    expect((await admin.committedOffsets(groupId, topic)).map(({ offset }) => offset)).toEqual([null, null]);
    await stopAll([first.port, second.port]);
    expect(await first.port.commit(first.epoch, offsets.slice(0, 1))).toBe('stale');
    expect((await admin.committedOffsets(groupId, topic)).map(({ offset }) => offset)).toEqual([null, null]);
    await admin.close();
  });
});

test('no record is lost, repeated or early while members come and go', { timeout: 60_000 }, async () => {
  const partitionCount = 4;
  const topic = await createTopic(broker.driver, partitionCount);
  const options = consumerOptions(uniqueName('group'), topic);
  const everyone: GroupMember[] = [];
  const timers: NodeJS.Timeout[] = [];
  const join = async (): Promise<GroupMember> => {
    const member = new GroupMember(broker.driver, options);
    everyone.push(member);
    timers.push(setInterval(() => void member.commitAll(), 100));
    await member.port.start();
    return member;
  };
  let isProducing = true;
  let sentPerPartition = 0;
  const producing = (async () => {
    while (isProducing) {
      await fill(topic, partitionCount, 5);
      sentPerPartition += 5;
      await delay(5);
    }
  })();
  const members = [await join()];
  for (let round = 0; round < 6; round += 1) {
    const added = await join();
    members.push(added);
    await waitUntil(() => members.every(({ partitions }) => partitions.length < partitionCount));
    const leaving = members.shift()!;
    await leaving.commitAll();
    await leaving.port.stop(5_000);
    await waitUntil(() => members.flatMap(({ partitions }) => partitions).length === partitionCount);
    if (round % 2 === 0) members.push(await join());
    while (members.length > 2) {
      const extra = members.pop()!;
      await extra.port.stop(5_000);
    }
  }
  isProducing = false;
  await producing;
  const seen = () =>
    new Set(everyone.flatMap(({ records }) => records.map(r => `${r.partition}/${r.offset}`)));
  await waitUntil(
    () => seen().size === sentPerPartition * partitionCount,
    () => `${seen().size} of ${sentPerPartition * partitionCount} records seen`,
  );
  for (const timer of timers) clearInterval(timer);
  await stopAll(members.map(({ port }) => port));
  expect(everyone.flatMap(({ violations }) => violations)).toEqual([]);
  expect(everyone.flatMap(({ fatal }) => fatal)).toEqual([]);
  expect(
    everyone.flatMap(({ assignments }) => assignments.map(({ kept }) => kept.length)).some(n => n > 0),
  ).toBe(true);
});
