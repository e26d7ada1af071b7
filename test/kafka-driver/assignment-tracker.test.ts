import fc from 'fast-check';
import { expect, test } from 'vitest';
import { AssignmentTracker } from '../../src/kafka/kafkajs/assignment-tracker.js';

test('keeps only what the same member owned in the generation right before', () => {
  const tracker = new AssignmentTracker();
  const join = (memberId: string, generationId: number, partitions: number[]) =>
    tracker.join({ memberId, generationId, partitions });
  expect(join('a', 4, [0, 1])).toEqual({ epoch: 1, kept: [], added: [0, 1], lost: [] });
  expect(join('a', 5, [1, 2])).toEqual({ epoch: 2, kept: [1], added: [2], lost: [0] });
  // Generation 6 was missed.
  expect(join('a', 7, [1, 2])).toEqual({ epoch: 3, kept: [], added: [1, 2], lost: [] });
  // Expelled, and back under another name.
  expect(join('b', 8, [1])).toEqual({ epoch: 4, kept: [], added: [1], lost: [2] });
  tracker.leave();
  expect(tracker.isCurrent(4)).toBe(false);
  expect(join('b', 9, [1])).toEqual({ epoch: 5, kept: [], added: [1], lost: [] });
  expect(tracker.isCurrent(5)).toBe(true);
});

test('every generation is partitioned into kept and added, and nothing disappears untold', () => {
  const generation = fc.record({
    memberId: fc.constantFrom('a', 'b'),
    step: fc.constantFrom(1, 1, 1, 2),
    partitions: fc.uniqueArray(fc.nat(6)),
    leavesBefore: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(generation), generations => {
      const tracker = new AssignmentTracker();
      let generationId = 0;
      let before: { memberId: string; partitions: number[] } | undefined;
      let owned = new Set<number>();
      for (const { memberId, step, partitions, leavesBefore } of generations) {
        if (leavesBefore) tracker.leave();
        generationId += step;
        const epochBefore = tracker.epoch;
        const { epoch, kept, added, lost } = tracker.join({ memberId, generationId, partitions });
        expect(epoch).toBe(epochBefore + 1);
        expect([...kept, ...added].sort()).toEqual([...partitions].sort());
        expect([...lost].sort()).toEqual(
          [...owned].filter(partition => !partitions.includes(partition)).sort(),
        );
        const goesOn = !leavesBefore && step === 1 && before?.memberId === memberId;
        const expectedKept = goesOn ? partitions.filter(partition => owned.has(partition)) : [];
        expect(kept).toEqual(expectedKept);
        before = { memberId, partitions };
        owned = new Set(partitions);
      }
    }),
  );
});

test('delivers only what begins where the partition stands, in a generation whose offsets were read', () => {
  const tracker = new AssignmentTracker();
  tracker.join({ memberId: 'a', generationId: 1, partitions: [0] });
  expect(tracker.judgeFetch(0, 0n)).toEqual({ kind: 'drop' });
  expect(tracker.judgeFetch(1, 0n)).toEqual({ kind: 'drop' });
  tracker.begin(0, null);
  expect(tracker.judgeFetch(0, 7n)).toEqual({ kind: 'deliver' });
  tracker.moveTo(0, 10n);
  expect(tracker.judgeFetch(0, 10n)).toEqual({ kind: 'deliver' });
  expect(tracker.judgeFetch(0, 7n)).toEqual({ kind: 'seek', offset: 10n });
  tracker.join({ memberId: 'a', generationId: 2, partitions: [0] });
  expect(tracker.isKept(0)).toBe(true);
  expect(tracker.judgeFetch(0, 10n)).toEqual({ kind: 'drop' });
  tracker.begin(0, 10n);
  expect(tracker.judgeFetch(0, 10n)).toEqual({ kind: 'deliver' });
  tracker.leave();
  expect(tracker.judgeFetch(0, 10n)).toEqual({ kind: 'drop' });
});
