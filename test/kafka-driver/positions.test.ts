import kafkajs from 'kafkajs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ProducerPort } from '../../src/kafka/driver.js';
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

/** Deletes the records below `offset`, as the retention time does. */
async function deleteBefore(topic: string, offset: string): Promise<void> {
  const kafka = new kafkajs.Kafka({ brokers: [...broker.brokers], logLevel: kafkajs.logLevel.NOTHING });
  const admin = kafka.admin();
  await admin.connect();
  // kafkajs finds the partitions in metadata that it has loaded.
  await admin.fetchTopicOffsets(topic);
  await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset }] });
  await admin.disconnect();
}

async function commitAt(groupId: string, topic: string, offset: bigint): Promise<void> {
  const member = new GroupMember(broker.driver, consumerOptions(groupId, topic));
  await member.port.start();
  await waitUntil(() => member.owned.get(0)?.isCommittedKnown === true);
  const committed = [{ partition: 0, offset, metadata: `next=${offset}` }];
  expect(await member.port.commit(member.epoch, committed)).toBe('committed');
  await member.port.stop(5_000);
}

async function committedOf(groupId: string, topic: string) {
  const admin = await broker.driver.admin();
  const committed = await admin.committedOffsets(groupId, topic);
  await admin.close();
  return committed;
}

test('a restart begins at the committed offset and is told its metadata first', async () => {
  const topic = await createTopic(broker.driver, 1);
  const groupId = uniqueName('group');
  await sendTexts(producer, topic, 0, numbered('r', 10));
  await commitAt(groupId, topic, 4n);
  const member = new GroupMember(broker.driver, consumerOptions(groupId, topic));
  await member.port.start();
  await waitUntil(() => member.records.length === 6);
  expect(member.committed[0]).toEqual({ partition: 0, offset: 4n, metadata: 'next=4', epoch: 1 });
  expect(member.records[0]).toEqual({ epoch: 1, partition: 0, offset: 4n, value: 'r4' });
  await member.port.stop(5_000);
  expect(member.violations).toEqual([]);
});

test('a group that starts from the latest is told where that is, and sees all that comes afterwards', async () => {
  const topic = await createTopic(broker.driver, 2);
  const groupId = uniqueName('group');
  await sendTexts(producer, topic, 0, numbered('old', 5));
  const options = { ...consumerOptions(groupId, topic), startFrom: 'latest' as const };
  const member = new GroupMember(broker.driver, options);
  await member.port.start();
  await waitUntil(() => member.committed.length === 2);
  const none = { epoch: 1, offset: null, metadata: null };
  expect(member.committed.toSorted((a, b) => a.partition - b.partition)).toEqual([
    { ...none, partition: 0, startOffset: 5n },
    { ...none, partition: 1, startOffset: 0n },
  ]);
  await sendTexts(producer, topic, 0, ['new']);
  await waitUntil(() => member.records.length > 0);
  expect(member.records[0]).toMatchObject({ value: 'new', offset: 5n });
  await member.port.stop(5_000);
  expect(member.violations).toEqual([]);
});

test('a partition that was never committed begins at the same place in the next generation', async () => {
  const topic = await createTopic(broker.driver, 2);
  const options = { ...consumerOptions(uniqueName('group'), topic), startFrom: 'latest' as const };
  const member = new GroupMember(broker.driver, options);
  // As somebody who keeps no position beside what is committed.
  member.positionOf = () => null;
  await member.port.start();
  await waitUntil(() => member.committed.length === 2);
  for (const partition of [0, 1]) await sendTexts(producer, topic, partition, ['new']);
  const other = new GroupMember(broker.driver, options);
  await other.port.start();
  await waitUntil(() => member.committed.length === 3);
  expect(member.committed[2]).toMatchObject({ offset: null, startOffset: 0n });
  await other.port.stop(5_000);
  await member.port.stop(5_000);
});

test.each(['earliest', 'latest'] as const)(
  'goes on at the start of the log when the committed records are deleted (start from %s)',
  async startFrom => {
    const topic = await createTopic(broker.driver, 1);
    const groupId = uniqueName('group');
    await sendTexts(producer, topic, 0, numbered('r', 10));
    await commitAt(groupId, topic, 2n);
    await deleteBefore(topic, '7');
    const member = new GroupMember(broker.driver, { ...consumerOptions(groupId, topic), startFrom });
    await member.port.start();
    await waitUntil(() => member.records.length === 3);
    expect(member.records.map(({ offset, epoch }) => [offset, epoch])).toEqual([
      [7n, 1],
      [8n, 1],
      [9n, 1],
    ]);
    // Nobody but us commits: kafkajs would have committed -2 and no metadata.
    expect(await committedOf(groupId, topic)).toEqual([{ partition: 0, offset: 2n, metadata: 'next=2' }]);
    expect(member.resets).toEqual([{ partition: 0, expected: 2n, found: 7n }]);
    expect(member.violations).toEqual([]);
    await member.port.stop(5_000);
  },
);

test('goes back to the start of a log that is shorter than the committed offset', async () => {
  const topic = await createTopic(broker.driver, 1);
  const groupId = uniqueName('group');
  await sendTexts(producer, topic, 0, numbered('r', 3));
  await commitAt(groupId, topic, 50n);
  const member = new GroupMember(broker.driver, consumerOptions(groupId, topic));
  await member.port.start();
  await waitUntil(() => member.records.length === 3);
  expect(member.records.map(({ offset }) => offset)).toEqual([0n, 1n, 2n]);
  expect(member.resets).toEqual([{ partition: 0, expected: 50n, found: 0n }]);
  expect(await committedOf(groupId, topic)).toEqual([{ partition: 0, offset: 50n, metadata: 'next=50' }]);
  await member.port.stop(5_000);
});

test('a paused partition delivers nothing until it is resumed, the others go on', async () => {
  const topic = await createTopic(broker.driver, 2);
  const member = new GroupMember(broker.driver, consumerOptions(uniqueName('group'), topic));
  await member.port.start();
  member.port.pause([0]);
  await sendTexts(producer, topic, 0, ['paused']);
  for (let n = 0; n < 5; n += 1) {
    await sendTexts(producer, topic, 1, [`other${n}`]);
    await waitUntil(() => member.records.length === n + 1);
  }
  expect(member.records.map(({ partition }) => partition)).toEqual([1, 1, 1, 1, 1]);
  member.port.resume([0]);
  await waitUntil(() => member.records.length === 6);
  expect(member.records[5]!.value).toBe('paused');
  await member.port.stop(5_000);
  expect(member.violations).toEqual([]);
});

test('a partition stays paused over a rebalance that keeps it', async () => {
  const topic = await createTopic(broker.driver, 2);
  const options = consumerOptions(uniqueName('group'), topic);
  const member = new GroupMember(broker.driver, options);
  await member.port.start();
  member.port.pause([0, 1]);
  const other = new GroupMember(broker.driver, options);
  await other.port.start();
  await waitUntil(() => member.partitions.length === 1 && other.partitions.length === 1);
  const [mine] = member.partitions;
  const [its] = other.partitions;
  await sendTexts(producer, topic, mine!, ['mine']);
  for (let n = 0; n < 3; n += 1) {
    await sendTexts(producer, topic, its!, [`its${n}`]);
    await waitUntil(() => other.records.length === n + 1);
  }
  expect(member.records).toEqual([]);
  // What comes back after having been lost is not paused: the pause was forgotten with it.
  await other.commitAll();
  await other.port.stop(5_000);
  await sendTexts(producer, topic, its!, ['again']);
  await waitUntil(() => member.records.length === 1);
  expect(member.records[0]!.value).toBe('again');
  member.port.resume([mine!]);
  await waitUntil(() => member.records.length === 2);
  await member.port.stop(5_000);
  expect([...member.violations, ...other.violations]).toEqual([]);
});

test('refuses commit metadata that the broker refuses, for good', async () => {
  const topic = await createTopic(broker.driver, 1);
  const member = new GroupMember(broker.driver, consumerOptions(uniqueName('group'), topic));
  await member.port.start();
  await waitUntil(() => member.owned.get(0)?.isCommittedKnown === true);
  const offsets = [{ partition: 0, offset: 1n, metadata: 'x'.repeat(4_097) }];
  await expect(member.port.commit(member.epoch, offsets)).rejects.toMatchObject({
    name: 'BrokerError',
    retriable: false,
    message: expect.stringContaining('OFFSET_METADATA_TOO_LARGE') as string,
  });
  await member.port.stop(5_000);
});
