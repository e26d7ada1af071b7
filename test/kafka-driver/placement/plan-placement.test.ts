import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  planPlacement,
  type Joiner,
  type Share,
} from '../../../src/kafka/kafkajs/placement/plan-placement.js';

function joiner(memberId: string, rest: Partial<Joiner> = {}): Joiner {
  return {
    memberId,
    placement: 'by-file',
    ownedGeneration: -1,
    ownedPartitions: [],
    settings: {},
    openVersions: [],
    ...rest,
  };
}

function countFrom0(count: number): number[] {
  return Array.from({ length: count }, (_, at) => at);
}

function partitionsOf(shares: readonly Share[]): Record<string, readonly number[]> {
  return Object.fromEntries(shares.map(({ memberId, partitions }) => [memberId, partitions]));
}

/** The same members as owners of what they were given. */
function owning(joiners: readonly Joiner[], shares: readonly Share[], generation: number): Joiner[] {
  return joiners.map(one => {
    const { partitions = [] } = shares.find(({ memberId }) => memberId === one.memberId) ?? {};
    const ownedGeneration = partitions.length === 0 ? -1 : generation;
    return { ...one, ownedGeneration, ownedPartitions: partitions };
  });
}

const memberIds = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g'), { minLength: 1 });
const anyJoiner = (memberId: string): fc.Arbitrary<Joiner> =>
  fc.record({
    memberId: fc.constant(memberId),
    placement: fc.constantFrom('by-file', 'by-file', 'by-file', 'one-member'),
    ownedGeneration: fc.integer({ min: -1, max: 3 }),
    ownedPartitions: fc.array(fc.nat(12)),
    settings: fc.constantFrom({}, {}, {}, { delivery: 'exactly-once' }),
    openVersions: fc.array(fc.constantFrom('1', '2', '3'), { maxLength: 1 }),
  });
const anyJoiners = memberIds.chain(ids => fc.tuple(...ids.map(anyJoiner)));

describe('the shares of a topic', () => {
  test('hold each partition once, whatever the members say', () => {
    fc.assert(
      fc.property(anyJoiners, fc.nat(12), (joiners, count) => {
        const shares = planPlacement(joiners, countFrom0(count));
        expect(shares.flatMap(({ partitions }) => partitions).sort((a, b) => a - b)).toEqual(
          countFrom0(count),
        );
        expect(shares.map(({ memberId }) => memberId).sort()).toEqual(
          joiners.map(({ memberId }) => memberId).sort(),
        );
        for (const { refusal, partitions } of shares)
          if (refusal !== undefined) expect(partitions).toEqual([]);
      }),
    );
  });

  test('do not depend on the order in which the members are listed', () => {
    fc.assert(
      fc.property(anyJoiners, fc.nat(12), (joiners, count) => {
        const shares = planPlacement(joiners, countFrom0(count));
        expect(planPlacement(joiners.toReversed(), countFrom0(count))).toEqual(shares);
      }),
    );
  });

  test('of by-file members differ by one partition at most, and move no more than they must', () => {
    const joins = fc.array(fc.record({ id: fc.nat(6), joins: fc.boolean() }), { maxLength: 12 });
    fc.assert(
      fc.property(joins, fc.nat(20), (changes, count) => {
        let members: Joiner[] = [joiner('m0')];
        let generation = 0;
        for (const { id, joins: isJoining } of changes) {
          const memberId = `m${id}`;
          const others = members.filter(one => one.memberId !== memberId);
          members = isJoining || others.length === 0 ? [...others, joiner(memberId)] : others;
          const before = partitionsOf(
            members.map(one => ({ memberId: one.memberId, partitions: one.ownedPartitions })),
          );
          const shares = planPlacement(members, countFrom0(count));
          const sizes = shares.map(({ partitions }) => partitions.length);
          expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
          for (const { memberId: owner, partitions } of shares) {
            const kept = before[owner]!.filter(partition => partitions.includes(partition)).length;
            // It keeps all it had, or as much as an even share allows.
            expect(kept).toBeGreaterThanOrEqual(
              Math.min(before[owner]!.length, Math.floor(count / shares.length)),
            );
          }
          generation += 1;
          members = owning(members, shares, generation);
        }
      }),
    );
  });

  test('go to one member when one asks for that, and to the one that has partitions', () => {
    const shares = planPlacement(
      [joiner('a', { placement: 'one-member' }), joiner('b', { ownedGeneration: 4, ownedPartitions: [0] })],
      [0, 1],
    );
    expect(partitionsOf(shares)).toEqual({ a: [], b: [0, 1] });
  });

  test('go to the latest owner when another does not know that it lost them', () => {
    const shares = planPlacement(
      [
        joiner('a', { ownedGeneration: 4, ownedPartitions: [0, 1] }),
        joiner('b', { ownedGeneration: 7, ownedPartitions: [1] }),
      ],
      [0, 1],
    );
    expect(partitionsOf(shares)).toEqual({ a: [0], b: [1] });
  });

  test('go to one member once any has met a file on two partitions, and all are told', () => {
    const file = 'raw/a.dat lies on partitions 0 and 1';
    const shares = planPlacement([joiner('a'), joiner('b', { scatteredFile: file })], [0, 1]);
    expect(shares).toEqual([
      { memberId: 'a', partitions: [0, 1], scatteredFile: file },
      { memberId: 'b', partitions: [], scatteredFile: file },
    ]);
  });

  test('go to one member when two have chunks of one file', () => {
    const shares = planPlacement(
      [joiner('a', { openVersions: ['1', '2'] }), joiner('b', { openVersions: ['3', '2', '2'] })],
      [0, 1],
    );
    expect(shares.map(({ partitions, scatteredFile }) => [partitions, scatteredFile])).toEqual([
      [[0, 1], 'two members each have chunks of the file with version id 2'],
      [[], 'two members each have chunks of the file with version id 2'],
    ]);
  });

  test('leave a member out whose settings are others, and tell it why', () => {
    const shares = planPlacement(
      [
        joiner('a', { settings: { delivery: 'exactly-once', match: '' } }),
        joiner('b', { ownedGeneration: 1, settings: { delivery: 'at-least-once' } }),
      ],
      [0, 1],
    );
    expect(shares).toEqual([
      { memberId: 'b', partitions: [0, 1] },
      {
        memberId: 'a',
        partitions: [],
        refusal: 'delivery is at-least-once there and exactly-once here',
      },
    ]);
  });
});
