import { describe, expect, it } from 'vitest';
import { RawClient } from './raw-client.js';
import { eventually, startAdmin, startBroker, startMember } from './with-kafkajs.js';

async function startWithMember() {
  const { broker, kafka } = await startBroker();
  broker.createTopic('t', 2);
  const admin = await startAdmin(kafka);
  const member = await startMember(broker, 't');
  await eventually(() => expect(member.assigned()).toHaveLength(2));
  const commit = (metadata: string | null, offset = '0') =>
    member.consumer.commitOffsets([{ topic: 't', partition: 1, offset, metadata }]);
  const fetch = async () => (await admin.fetchOffsets({ groupId: 'group', topics: ['t'] }))[0]!.partitions;
  return { broker, admin, member, commit, fetch };
}

describe('committed offsets', () => {
  it('come back with their metadata', async () => {
    const { broker, commit, fetch } = await startWithMember();
    await commit('open: äöü 🙂', '5');
    expect(await fetch()).toEqual([
      { partition: 0, offset: '-1', metadata: null },
      { partition: 1, offset: '5', metadata: 'open: äöü 🙂' },
    ]);
    expect(broker.committedOffsets('group')).toEqual([
      { topic: 't', partition: 1, offset: 5n, metadata: 'open: äöü 🙂' },
    ]);
  });

  it('have at most 4096 UTF-16 units of metadata', async () => {
    const { commit, fetch } = await startWithMember();
    await commit('é'.repeat(4_096), '7');
    await commit('🙂'.repeat(2_048), '8');
    await expect(commit('x'.repeat(4_097), '9')).rejects.toThrow(/metadata/i);
    await expect(commit('🙂'.repeat(2_049), '9')).rejects.toThrow(/metadata/i);
    expect((await fetch())[1]).toMatchObject({ offset: '8' });
  });

  it('can be set from outside only while the group is empty', async () => {
    const { broker, member, fetch } = await startWithMember();
    const client = await RawClient.connect(broker.port);
    expect(await client.commit('group', 't', 0, 3n)).toBe(25);
    await member.consumer.disconnect();
    expect(await client.commit('group', 't', 0, 3n)).toBe(0);
    expect(await client.commit('group', 't', 9, 3n)).toBe(3);
    expect((await fetch())[0]).toMatchObject({ offset: '3' });
  });

  it('are gone with their group, which must be empty', async () => {
    const { broker, admin, member, commit } = await startWithMember();
    await commit(null, '1');
    await expect(admin.deleteGroups(['group'])).rejects.toThrow();
    await member.consumer.disconnect();
    await admin.deleteGroups(['group']);
    expect(broker.group('group')).toBeUndefined();
    expect(broker.committedOffsets('group')).toEqual([]);
  });
});
