import kafkajs from 'kafkajs';
import { expect, test } from 'vitest';
import type {
  ConsumerOptions,
  OffsetToCommit,
  OutgoingRecord,
  PartitionRecords,
} from '../../src/kafka/driver.js';
import { withCluster } from '../../src/kafka/kafkajs/check-transactions.js';
import { createClientFactory } from '../../src/kafka/kafkajs/connection-config.js';
import { silentLogger } from '../../src/logger.js';
import { connectionTo, createTopic, useTestBroker, uniqueName } from './brokers.js';
import { consumerOptions, GroupMember } from './group-member.js';
import { holdNext, loseNext } from './next-request.js';
import { numbered, sendTexts } from './send-texts.js';
import { waitUntil } from './wait-until.js';

const broker = useTestBroker();

/** Two topics and members of one group that may commit in transactions. */
class Scene {
  readonly #members: GroupMember[] = [];
  readonly #readers: kafkajs.Consumer[] = [];

  private constructor(
    readonly topic: string,
    readonly resultTopic: string,
    readonly groupId = uniqueName('group'),
  ) {}

  static async open(): Promise<Scene> {
    const scene = new Scene(await createTopic(broker.driver, 2), await createTopic(broker.driver, 2));
    const producer = broker.driver.producer();
    await sendTexts(producer, scene.topic, 0, numbered('r', 10));
    await producer.close();
    return scene;
  }

  async join(change: Partial<ConsumerOptions> = {}): Promise<GroupMember> {
    const transactionalId = `${this.groupId}.${this.topic}`;
    const options = { ...consumerOptions(this.groupId, this.topic), transactionalId, ...change };
    const member = new GroupMember(broker.driver, { ...options, placement: 'one-member' });
    this.#members.push(member);
    await member.port.start();
    return member;
  }

  /** The values that a reader of committed records sees, in the order of the partitions. */
  async results(count: number): Promise<string[]> {
    const kafka = new kafkajs.Kafka({ brokers: [...broker.brokers], logLevel: kafkajs.logLevel.NOTHING });
    const consumer = kafka.consumer({ groupId: uniqueName('reader'), maxWaitTimeInMs: 50 });
    this.#readers.push(consumer);
    const seen: string[] = [];
    await consumer.connect();
    await consumer.subscribe({ topics: [this.resultTopic], fromBeginning: true });
    await consumer.run({
      eachMessage: ({ message }) => Promise.resolve(void seen.push(message.value!.toString())),
    });
    await waitUntil(() => seen.length >= count);
    return seen.sort();
  }

  async committed(): Promise<(readonly [number, bigint | null, string | null])[]> {
    const admin = await broker.driver.admin();
    const found = await admin.committedOffsets(this.groupId, this.topic);
    await admin.close();
    return found.map(({ partition, offset, metadata }) => [partition, offset, metadata]);
  }

  records(partition: number, ...values: string[]): PartitionRecords {
    const records = values.map((value): OutgoingRecord => ({
      key: null,
      value: Buffer.from(value),
      headers: {},
    }));
    return { topic: this.resultTopic, partition, records };
  }

  async close(): Promise<void> {
    for (const reader of this.#readers) await reader.disconnect();
    for (const { port } of this.#members) await port.stop(5_000);
  }
}

/** Signs all members of a group off, as the broker does when their sessions end. */
async function expelMembers(groupId: string): Promise<void> {
  const client = createClientFactory(connectionTo(broker.brokers), silentLogger())();
  const admin = client.kafka.admin();
  await admin.connect();
  const { groups } = await admin.describeGroups([groupId]);
  await admin.disconnect();
  await withCluster(client, groupId, async cluster => {
    const coordinator = await cluster.findGroupCoordinator({ groupId });
    for (const { memberId } of groups[0]!.members) await coordinator.leaveGroup({ groupId, memberId });
  });
}

/** What a commit came to: its result, or the name of its error. */
function outcomeOf(commit: Promise<string>): Promise<string> {
  return commit.catch((error: unknown) => (error as Error).name);
}

const upTo = (offset: bigint, partition = 0): OffsetToCommit => ({
  partition,
  offset,
  metadata: `next=${offset}`,
});

test('records and offsets of one transaction are there together', async () => {
  const scene = await Scene.open();
  const member = await scene.join();
  await waitUntil(() => member.records.length === 10);
  const records = [scene.records(0, 'a'), scene.records(1, 'b'), scene.records(0, 'c')];
  const done = await member.port.commitTransaction(member.epoch, records, [upTo(4n), upTo(0n, 1)]);
  expect(done).toBe('committed');
  expect(await scene.committed()).toEqual([
    [0, 4n, 'next=4'],
    [1, 0n, 'next=0'],
  ]);
  expect(await scene.results(3)).toEqual(['a', 'b', 'c']);
  await scene.close();
});

test('a transaction may hold offsets alone, and many follow each other', async () => {
  const scene = await Scene.open();
  const member = await scene.join();
  await waitUntil(() => member.records.length === 10);
  for (let offset = 1n; offset <= 10n; offset += 1n)
    expect(await member.port.commitTransaction(member.epoch, [], [upTo(offset)])).toBe('committed');
  expect((await scene.committed())[0]).toEqual([0, 10n, 'next=10']);
  await scene.close();
});

test('nothing of a transaction with a record that Kafka refuses becomes visible', async () => {
  const scene = await Scene.open();
  const member = await scene.join();
  await waitUntil(() => member.records.length === 10);
  const records = [scene.records(0, 'good'), scene.records(1, 'x'.repeat(2_000_000))];
  const refused = member.port.commitTransaction(member.epoch, records, [upTo(4n)]);
  await expect(refused).rejects.toMatchObject({ name: 'BrokerError', retriable: false, isForbidden: false });
  const next = [scene.records(0, 'next')];
  expect(await member.port.commitTransaction(member.epoch, next, [upTo(5n)])).toBe('committed');
  expect((await scene.committed())[0]).toEqual([0, 5n, 'next=5']);
  expect(await scene.results(1)).toEqual(['next']);
  await scene.close();
});

test.each(['same', 'another'] as const)(
  'a member whose partitions were taken over with %s transactional id commits nothing',
  async id => {
    const scene = await Scene.open();
    // It asks for news of the group too seldom to notice.
    const first = await scene.join({ sessionTimeoutMs: 60_000, heartbeatIntervalMs: 59_000 });
    await waitUntil(() => first.records.length === 10);
    const { epoch } = first;
    await first.port.commitTransaction(epoch, [scene.records(0, 'first')], [upTo(2n)]);
    // The group goes on without it, as after a pause that was longer than the session.
    await expelMembers(scene.groupId);
    const second = await scene.join(id === 'same' ? {} : { transactionalId: uniqueName('id') });
    await waitUntil(() => second.records.length === 8);
    // From its first transaction on, the broker knows who has the id.
    expect(await second.port.commitTransaction(second.epoch, [], [upTo(2n)])).toBe('committed');
    const late = await outcomeOf(
      first.port.commitTransaction(epoch, [scene.records(0, 'zombie')], [upTo(9n)]),
    );
    // With another id the broker refuses the offsets; with the same one it refuses the producer before.
    expect(late).toBe(id === 'same' ? 'BrokerError' : 'stale');
    expect(
      await outcomeOf(first.port.commitTransaction(epoch, [scene.records(0, 'again')], [upTo(9n)])),
    ).toBe('stale');
    const done = second.port.commitTransaction(second.epoch, [scene.records(0, 'second')], [upTo(3n)]);
    expect(await done).toBe('committed');
    expect((await scene.committed())[0]).toEqual([0, 3n, 'next=3']);
    expect(await scene.results(2)).toEqual(['first', 'second']);
    await scene.close();
  },
);

test.each([
  ['the answer to the commit is lost', 'answer', 'committed', ['one', 'two']],
  ['the commit does not arrive', 'request', 'BrokerError', ['two']],
] as const)('finds out what became of a transaction when %s', async (_, lost, outcome, values) => {
  const scene = await Scene.open();
  const member = await scene.join();
  await waitUntil(() => member.records.length === 10);
  await member.port.commitTransaction(member.epoch, [], [upTo(1n)]);
  loseNext('EndTxn', lost);
  const first = member.port.commitTransaction(member.epoch, [scene.records(0, 'one')], [upTo(2n)]);
  expect(await outcomeOf(first)).toBe(outcome);
  expect((await scene.committed())[0]?.[1]).toBe(lost === 'answer' ? 2n : 1n);
  const second = member.port.commitTransaction(member.epoch, [scene.records(0, 'two')], [upTo(3n)]);
  expect(await second).toBe('committed');
  expect(await scene.results(values.length)).toEqual(values);
  await scene.close();
});

test.each(['AddOffsetsToTxn', 'TxnOffsetCommit', 'AddPartitionsToTxn'] as const)(
  'nothing happens when %s is answered to nobody, and the next transaction works',
  async request => {
    const scene = await Scene.open();
    const member = await scene.join();
    await waitUntil(() => member.records.length === 10);
    loseNext(request, 'answer');
    const first = member.port.commitTransaction(member.epoch, [scene.records(0, 'one')], [upTo(2n)]);
    const outcome = await outcomeOf(first);
    // kafkajs repeats what it can.
    expect(['BrokerError', 'committed']).toContain(outcome);
    const second = member.port.commitTransaction(member.epoch, [scene.records(0, 'two')], [upTo(3n)]);
    expect(await second).toBe('committed');
    const values = outcome === 'committed' ? ['one', 'two'] : ['two'];
    expect(await scene.results(values.length)).toEqual(values);
    await scene.close();
  },
);

test('a successor waits for a transaction that its predecessor left undecided, and ends it when the id is the same', async () => {
  const scene = await Scene.open();
  const first = await scene.join({ sessionTimeoutMs: 60_000, heartbeatIntervalMs: 59_000 });
  await waitUntil(() => first.records.length === 10);
  const { epoch } = first;
  await first.port.commitTransaction(epoch, [scene.records(0, 'first')], [upTo(2n)]);
  const commit = holdNext('EndTxn');
  const late = outcomeOf(first.port.commitTransaction(epoch, [scene.records(0, 'zombie')], [upTo(9n)]));
  await commit.isHeld;
  await expelMembers(scene.groupId);
  const second = await scene.join();
  await waitUntil(() => second.records.length === 8);
  expect(second.committed[0]).toMatchObject({ offset: 2n, metadata: 'next=2' });
  commit.release();
  await first.port.stop(5_000);
  expect(await late).toBe('stale');
  const done = second.port.commitTransaction(second.epoch, [scene.records(0, 'second')], [upTo(3n)]);
  expect(await done).toBe('committed');
  expect(await scene.results(2)).toEqual(['first', 'second']);
  await scene.close();
});
