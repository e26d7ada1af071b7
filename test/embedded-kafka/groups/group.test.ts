import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Group } from '../../../src/embedded-kafka/groups/group.js';
import { errorCodes } from '../../../src/embedded-kafka/protocol/error-codes.js';
import { VirtualClock } from '../../../src/embedded-kafka/virtual-clock.js';
import { FakeMember, type MemberOptions } from './fake-member.js';

const {
  NONE,
  ILLEGAL_GENERATION,
  INCONSISTENT_GROUP_PROTOCOL,
  MEMBER_ID_REQUIRED,
  REBALANCE_IN_PROGRESS,
  UNKNOWN_MEMBER_ID,
} = errorCodes;

function start(initialRebalanceDelayMs = 0) {
  const clock = new VirtualClock({ startMs: 0 });
  const group = new Group('g', clock, initialRebalanceDelayMs);
  return {
    clock,
    group,
    member: (name: string, options?: MemberOptions) => new FakeMember(group, name, options),
  };
}

/** A stable group of two members; `a` leads. */
function stableGroup() {
  const context = start();
  const a = context.member('a').join().sync();
  const b = context.member('b').join();
  a.join();
  a.sync();
  b.sync();
  expect(context.group.state).toBe('Stable');
  return { ...context, a, b };
}

describe('Group', () => {
  it('gives a new member its id first, and lets it in with it', () => {
    const { group, member } = start();
    const a = member('a');
    a.sendJoin();
    expect(a.joined).toMatchObject({ code: MEMBER_ID_REQUIRED, generationId: -1 });
    expect(group.state).toBe('Empty');
    a.id = a.joined!.memberId;
    a.sendJoin();
    expect(a.joined).toMatchObject({ code: NONE, generationId: 1, leaderId: a.id, protocolName: 'range' });
  });

  it('answers a join when all members have joined, and tells only the leader who they are', () => {
    const { group, member } = start();
    const a = member('a').join().sync();
    const b = member('b').join();
    expect(b.joined).toBeUndefined();
    expect(a.heartbeat()).toBe(REBALANCE_IN_PROGRESS);
    a.join();
    expect(a.joined!.members.map(({ metadata }) => metadata.toString())).toEqual(['a:range', 'b:range']);
    expect(b.joined).toMatchObject({ generationId: 2, leaderId: a.id, members: [] });
    expect(group.state).toBe('CompletingRebalance');
  });

  it('answers syncs when the leader has sent the assignments', () => {
    const { a, b } = stableGroup();
    expect(a.synced!.assignment.toString()).toBe(a.id);
    expect(b.synced!.assignment.toString()).toBe(b.id);
    expect(b.sync().synced!.assignment.toString()).toBe(b.id);
  });

  it('waits for further members before the first generation when told to', () => {
    const { clock, member } = start(3_000);
    const a = member('a').join();
    const b = member('b').join();
    expect(a.joined).toBeUndefined();
    clock.advance(3_000);
    expect([a.joined, b.joined]).toMatchObject([{ generationId: 1 }, { generationId: 1 }]);
  });

  it('expels a member that sends no heartbeat for its session timeout', () => {
    const { clock, group, a, b } = stableGroup();
    clock.advance(9_999);
    expect(a.heartbeat()).toBe(NONE);
    clock.advance(1);
    expect(group.memberList.map(({ id }) => id)).toEqual([a.id]);
    expect(b.heartbeat()).toBe(UNKNOWN_MEMBER_ID);
    expect(a.heartbeat()).toBe(REBALANCE_IN_PROGRESS);
    a.join();
    expect(a.joined).toMatchObject({ code: NONE, generationId: 3 });
  });

  it('goes on without those who do not rejoin within the rebalance timeout', () => {
    const { clock, group, member } = start();
    const a = member('a', { sessionTimeoutMs: 100_000, rebalanceTimeoutMs: 30_000 }).join().sync();
    const b = member('b', { sessionTimeoutMs: 100_000, rebalanceTimeoutMs: 20_000 }).join();
    clock.advance(29_999);
    expect(b.joined).toBeUndefined();
    clock.advance(1);
    expect(b.joined).toMatchObject({ code: NONE, leaderId: b.id });
    expect(group.memberList.map(({ id }) => id)).toEqual([b.id]);
    expect(a.heartbeat()).toBe(UNKNOWN_MEMBER_ID);
  });

  it('goes on without a leader that never sends the assignments', () => {
    const { clock, group, member } = start();
    const a = member('a', { sessionTimeoutMs: 100_000, rebalanceTimeoutMs: 5_000 }).join().sync();
    const b = member('b', { sessionTimeoutMs: 100_000, rebalanceTimeoutMs: 5_000 }).join();
    a.join();
    b.sync();
    clock.advance(5_000);
    expect(b.synced!.code).toBe(REBALANCE_IN_PROGRESS);
    b.join();
    b.sync();
    expect(group.state).toBe('Stable');
    expect(group.memberList.map(({ id }) => id)).toEqual([b.id]);
  });

  it('rebalances when a member leaves, and is empty when the last has left', () => {
    const { clock, group, a, b } = stableGroup();
    expect(group.leave(a.id)).toBe(NONE);
    expect(b.heartbeat()).toBe(REBALANCE_IN_PROGRESS);
    b.join();
    expect(b.joined).toMatchObject({ leaderId: b.id });
    expect(group.leave(b.id)).toBe(NONE);
    expect(group.leave(b.id)).toBe(UNKNOWN_MEMBER_ID);
    expect(group.state).toBe('Empty');
    expect(clock.timerCount).toBe(0);
  });

  it('keeps the generation when a follower rejoins with the same offer, not when the leader does', () => {
    const { group, a, b } = stableGroup();
    b.join();
    expect(b.joined).toMatchObject({ code: NONE, generationId: 2 });
    expect(group.state).toBe('Stable');
    a.join();
    expect(group.state).toBe('PreparingRebalance');
  });

  it('chooses the protocol that all can do and most prefer', () => {
    const { member } = start();
    const a = member('a', { protocols: ['sticky', 'range'] })
      .join()
      .sync();
    expect(a.joined!.protocolName).toBe('sticky');
    member('b', { protocols: ['range'] }).join();
    a.join();
    expect(a.joined!.protocolName).toBe('range');
    const odd = member('c', { protocols: ['other'] });
    odd.sendJoin();
    expect(odd.joined!.code).toBe(INCONSISTENT_GROUP_PROTOCOL);
  });

  it('refuses requests of other generations and of strangers', () => {
    const { group, a } = stableGroup();
    expect(group.heartbeat(a.id, 1)).toBe(ILLEGAL_GENERATION);
    expect(group.heartbeat('stranger', 2)).toBe(UNKNOWN_MEMBER_ID);
    const stale = new FakeMember(group, 'stale');
    stale.id = a.id;
    stale.generationId = 1;
    expect(stale.sync().synced!.code).toBe(ILLEGAL_GENERATION);
    stale.id = 'stranger';
    stale.sendJoin();
    expect(stale.joined!.code).toBe(UNKNOWN_MEMBER_ID);
  });

  it('follows Kafka in who may commit when', () => {
    const { group, member } = start();
    expect(group.checkCommit('', -1)).toBe(NONE);
    const a = member('a').join();
    expect(group.state).toBe('CompletingRebalance');
    expect(group.checkCommit(a.id, 1)).toBe(REBALANCE_IN_PROGRESS);
    a.sync();
    expect(group.checkCommit(a.id, 1)).toBe(NONE);
    expect(group.checkCommit(a.id, 0)).toBe(ILLEGAL_GENERATION);
    expect(group.checkCommit('stranger', 1)).toBe(UNKNOWN_MEMBER_ID);
    expect(group.checkCommit('', -1)).toBe(UNKNOWN_MEMBER_ID);
    member('b').join();
    expect(group.state).toBe('PreparingRebalance');
    expect(group.checkCommit(a.id, 1)).toBe(NONE);
  });

  it('does not wait for further members again after suspend and resume', () => {
    const { group, member } = start(3_000);
    const a = member('a').join();
    group.suspend();
    group.resume();
    a.join();
    expect(a.joined).toMatchObject({ code: NONE, generationId: 1 });
  });

  it('keeps members over suspend and resume, and expels those who do not come back', () => {
    const { clock, group, a, b } = stableGroup();
    group.suspend();
    expect(clock.timerCount).toBe(0);
    clock.advance(1_000_000);
    group.resume();
    expect(a.heartbeat()).toBe(NONE);
    clock.advance(9_999);
    expect(a.heartbeat()).toBe(NONE);
    clock.advance(1);
    expect(b.heartbeat()).toBe(UNKNOWN_MEMBER_ID);
  });
});

describe('Group under any order of events', () => {
  const step = fc.record({
    who: fc.nat({ max: 3 }),
    what: fc.constantFrom('join', 'sync', 'heartbeat', 'leave', 'wait', 'restart' as const),
  });

  it('never shares out a generation twice, and settles when all members do what they are told', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), steps => {
        const { clock, group, member } = start();
        const members = ['a', 'b', 'c', 'd'].map(name => member(name));
        const leaders = new Map<number, string>();
        for (const { who, what } of steps) {
          const actor = members[who]!;
          if (what === 'join') join(actor);
          else if (what === 'sync') actor.sync();
          else if (what === 'heartbeat') actor.heartbeat();
          else if (what === 'leave') group.leave(actor.id);
          else if (what === 'wait') clock.advance(4_000);
          else restart(group);
          for (const { joined } of members) {
            if (joined?.code !== NONE) continue;
            const known = leaders.get(joined.generationId) ?? joined.leaderId;
            leaders.set(joined.generationId, known);
            expect(joined.leaderId).toBe(known);
          }
        }
        for (let round = 0; round < 4; round++) settle(members);
        expect(group.state).toBe('Stable');
        expect(group.memberList.map(({ id }) => id).sort()).toEqual(members.map(({ id }) => id).sort());
        expect(members.map(actor => actor.heartbeat())).toEqual([NONE, NONE, NONE, NONE]);
      }),
    );
  });
});

function join(member: FakeMember): void {
  member.join();
  if (member.joined?.code !== UNKNOWN_MEMBER_ID) return;
  member.id = '';
  member.join();
}

function restart(group: Group): void {
  group.suspend();
  group.resume();
}

/** Every member does what a client does that is told so by its heartbeat. */
function settle(members: readonly FakeMember[]): void {
  for (const member of members) if (member.heartbeat() !== NONE) join(member);
  for (const member of members) if (member.joined?.code === NONE) member.sync();
}
