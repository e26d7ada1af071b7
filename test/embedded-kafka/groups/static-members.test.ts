import { describe, expect, it } from 'vitest';
import { Group } from '../../../src/embedded-kafka/groups/group.js';
import { errorCodes } from '../../../src/embedded-kafka/protocol/error-codes.js';
import { VirtualClock } from '../../../src/embedded-kafka/virtual-clock.js';
import { FakeMember, type MemberOptions } from './fake-member.js';

const { NONE, FENCED_INSTANCE_ID, REBALANCE_IN_PROGRESS, UNKNOWN_MEMBER_ID } = errorCodes;

function start() {
  const clock = new VirtualClock({ startMs: 0 });
  const group = new Group('g', clock, 0);
  const member = (instance: string, options: MemberOptions = {}): FakeMember =>
    new FakeMember(group, instance, { instance, ...options });
  return { clock, group, member };
}

/** A stable group of the static members `a`, which leads, and `b`. */
function stableGroup(options: MemberOptions = {}) {
  const context = start();
  const a = context.member('a', options).join().sync();
  const b = context.member('b', options).join();
  a.join();
  a.sync();
  b.sync();
  expect(context.group.state).toBe('Stable');
  return { ...context, a, b };
}

describe('a static member', () => {
  it('joins with one request', () => {
    const { member } = start();
    const a = member('a');
    a.sendJoin();
    expect(a.joined).toMatchObject({ code: NONE, generationId: 1, leaderId: a.id });
    expect(a.joined!.members.map(({ groupInstanceId }) => groupInstanceId)).toEqual(['a']);
  });

  it('that is restarted gets its partitions back without a rebalance, and its former self is fenced', () => {
    const { group, member, a, b } = stableGroup();
    const restarted = member('b').join();
    expect(restarted.joined).toMatchObject({ code: NONE, generationId: 2, leaderId: a.id, members: [] });
    expect(restarted.id).not.toBe(b.id);
    expect(group.state).toBe('Stable');
    expect(restarted.sync().synced!.assignment.toString()).toBe(b.id);
    expect([a.heartbeat(), b.heartbeat(), restarted.heartbeat()]).toEqual([NONE, FENCED_INSTANCE_ID, NONE]);
    expect(b.sync().synced!.code).toBe(FENCED_INSTANCE_ID);
    b.sendJoin();
    expect(b.joined!.code).toBe(FENCED_INSTANCE_ID);
    expect(group.checkCommit(b.id, 2, 'b')).toBe(FENCED_INSTANCE_ID);
    expect(group.checkCommit(restarted.id, 2, 'b')).toBe(NONE);
  });

  it('that led and is restarted is told that its former self leads, so that it assigns nothing', () => {
    const { group, member, a, b } = stableGroup();
    const restarted = member('a').join();
    expect(restarted.joined).toMatchObject({
      code: NONE,
      leaderId: a.id,
      members: [],
      skipAssignment: false,
    });
    expect(group.leader).toBe(restarted.id);
    expect(restarted.sync().synced!.assignment.toString()).toBe(a.id);
    expect(b.heartbeat()).toBe(NONE);
  });

  it('that led and is restarted is told to skip the assignment where its version can be told', () => {
    const { member } = stableGroup({ canSkipAssignment: true });
    const restarted = member('a', { canSkipAssignment: true }).join();
    expect(restarted.joined).toMatchObject({ leaderId: restarted.id, skipAssignment: true });
    expect(restarted.joined!.members).toHaveLength(2);
  });

  it('that is restarted with another protocol makes the group share out again', () => {
    const { group, member, a } = stableGroup({ protocols: ['range', 'sticky'] });
    const restarted = member('b', { protocols: ['sticky'] }).join();
    expect(group.state).toBe('PreparingRebalance');
    a.join();
    expect(restarted.joined).toMatchObject({ code: NONE, generationId: 3, protocolName: 'sticky' });
  });

  it('that is restarted while it waits fences the one that waits, and the group goes on', () => {
    const { group, member } = start();
    const a = member('a').join().sync();
    const b = member('b').join();
    const restarted = member('b').join();
    expect(b.joined!.code).toBe(FENCED_INSTANCE_ID);
    a.join();
    a.sync();
    restarted.sync();
    expect(group.state).toBe('Stable');
    expect(group.memberList).toHaveLength(2);
  });

  it('that is restarted while the assignment is awaited starts a new generation', () => {
    const { group, member } = start();
    const a = member('a').join().sync();
    const b = member('b').join();
    a.join();
    b.sync();
    const restarted = member('b').join();
    expect(b.synced!.code).toBe(FENCED_INSTANCE_ID);
    expect(a.heartbeat()).toBe(REBALANCE_IN_PROGRESS);
    a.join();
    expect(restarted.joined).toMatchObject({ code: NONE, generationId: 3 });
    expect(group.memberList).toHaveLength(2);
  });

  it('stays on while it misses a rebalance, until its session ends', () => {
    const { clock, group, member } = start();
    const long = { sessionTimeoutMs: 100_000, rebalanceTimeoutMs: 5_000 };
    const a = member('a', long).join().sync();
    const b = member('b', long).join();
    clock.advance(5_000);
    expect(b.joined).toMatchObject({ code: NONE, generationId: 2, leaderId: b.id });
    expect(b.joined!.members.map(({ memberId }) => memberId)).toEqual([a.id, b.id]);
    b.sync();
    expect(group.state).toBe('Stable');
    for (let waited = 0; waited < 100_000; waited += 50_000) {
      expect(b.heartbeat()).toBe(NONE);
      clock.advance(50_000);
    }
    expect(a.heartbeat()).toBe(UNKNOWN_MEMBER_ID);
    expect(b.heartbeat()).toBe(REBALANCE_IN_PROGRESS);
  });

  it('leaves by its name alone, as admin tools remove it; a wrong id is fenced', () => {
    const { group } = stableGroup();
    expect(group.leave('somebody', 'b')).toBe(FENCED_INSTANCE_ID);
    expect(group.leave('', 'unknown')).toBe(UNKNOWN_MEMBER_ID);
    expect(group.leave('', 'b')).toBe(NONE);
    expect(group.memberList.map(({ request }) => request.groupInstanceId)).toEqual(['a']);
    expect(group.leave('', 'b')).toBe(UNKNOWN_MEMBER_ID);
  });
});
