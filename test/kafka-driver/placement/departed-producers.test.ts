import { expect, test } from 'vitest';
import type { ConsumerOptions, OffsetToCommit } from '../../../src/kafka/driver.js';
import { withCluster } from '../../../src/kafka/kafkajs/check-transactions.js';
import { createClientFactory } from '../../../src/kafka/kafkajs/connection-config.js';
import { findDepartedProducers } from '../../../src/kafka/kafkajs/placement/departed-producers.js';
import { silentLogger } from '../../../src/logger.js';
import { connectionTo, createTopic, driverFor, uniqueName, useTestBroker } from '../brokers.js';
import { consumerOptions, GroupMember, type SeenRecord } from '../group-member.js';
import { holdNext } from '../next-request.js';
import { numbered, sendTexts } from '../send-texts.js';
import { waitUntil } from '../wait-until.js';

const broker = useTestBroker();
/** Below the transactions' time-out, which would end them as well. */
const soonMs = 12_000;

test('producers are departed that a member knew and none has', () => {
  const members = [
    { producer: 'a', knownProducers: ['b', 'gone', 'a'] },
    { producer: 'b', knownProducers: [] },
    { knownProducers: ['gone', 'left'] },
  ];
  expect(findDepartedProducers(members)).toEqual({
    knownProducers: ['a', 'b'],
    departedProducers: ['gone', 'left'],
  });
});

/** A topic with records on its second partition, and members that produce with transactional ids of their own. */
async function openScene() {
  const topic = await createTopic(broker.driver, 2);
  const resultTopic = await createTopic(broker.driver, 1);
  const producer = broker.driver.producer();
  await sendTexts(producer, topic, 1, numbered('r', 10));
  await producer.close();
  const groupId = uniqueName('group');
  const member = (clientId: string, change: Partial<ConsumerOptions> = {}): GroupMember => {
    const connection = { ...connectionTo(broker.brokers), clientId };
    return new GroupMember(driverFor(broker.brokers, { connection }), {
      ...consumerOptions(groupId, topic),
      placement: 'by-file',
      transactionalId: `${groupId}.${clientId}`,
      ...change,
    });
  };
  return { groupId, resultTopic, member };
}

const upTo = (offset: bigint): OffsetToCommit => ({ partition: 1, offset, metadata: `next=${offset}` });
const client = () => createClientFactory(connectionTo(broker.brokers), silentLogger())();

/** Each begins with its client's id. */
async function memberIds(groupId: string): Promise<string[]> {
  const admin = client().kafka.admin();
  await admin.connect();
  const { groups } = await admin.describeGroups([groupId]);
  await admin.disconnect();
  return groups[0]!.members.map(({ memberId }) => memberId);
}

/** As the broker does when their sessions end. */
async function expel(groupId: string, ids: readonly string[]): Promise<void> {
  await withCluster(client(), groupId, async cluster => {
    const coordinator = await cluster.findGroupCoordinator({ groupId });
    for (const memberId of ids) await coordinator.leaveGroup({ groupId, memberId });
  });
}

test.each(['was in the group with it', 'came when it was dead'] as const)(
  'a member that takes over from one with another transactional id ends at once what that one left undecided, when it %s',
  async meeting => {
    const { groupId, resultTopic, member } = await openScene();
    const successor = member('successor');
    if (meeting === 'was in the group with it') {
      await successor.port.start();
      await waitUntil(() => successor.partitions.length === 2);
    }
    // It asks for news of the group too seldom to notice what happens to it.
    const dead = member('dead', { sessionTimeoutMs: 60_000, heartbeatIntervalMs: 59_000 });
    await dead.port.start();
    await waitUntil(() => dead.records.length === 10);
    await waitUntil(() => successor.partitions.length < 2);
    const { epoch } = dead;
    await dead.port.commitTransaction(epoch, [], [upTo(2n)]);
    const decision = holdNext('EndTxn');
    const records = [{ key: null, value: Buffer.from('undecided'), headers: {} }];
    const toPartition = [{ topic: resultTopic, partition: 0, records }];
    const undecided = dead.port.commitTransaction(epoch, toPartition, [upTo(9n)]).catch(String);
    await decision.isHeld;
    const ids = await memberIds(groupId);
    const started = successor.port.start();
    if (meeting === 'came when it was dead')
      await waitUntil(async () => (await memberIds(groupId)).length === 2);
    await expel(
      groupId,
      ids.filter(id => id.startsWith('dead-')),
    );
    await started;
    const readAgain = (): SeenRecord[] => successor.records.filter(({ epoch: of }) => of === successor.epoch);
    await waitUntil(() => readAgain().length === 8, undefined, soonMs);
    expect(successor.committed.at(-1)).toMatchObject({ offset: 2n, metadata: 'next=2' });
    decision.release();
    await Promise.all([dead, successor].map(({ port }) => port.stop(5_000)));
    expect(await undecided).toBe('stale');
  },
);
