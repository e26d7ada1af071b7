import { expect, it } from 'vitest';
import { decodeCommitMetadata, namedVersionCount } from '../../src/offsets/commit-metadata.js';
import { PartitionOffsets } from '../../src/offsets/partition-offsets.js';

const most = namedVersionCount();
const idOf = (at: number): string => at.toString(16).padStart(16, '0');

/** A partition whose records 100 and later each opened a version; the first one was finished. */
function withOpenVersions(count: number): PartitionOffsets {
  const offsets = new PartitionOffsets({ topic: 'raw', partition: 0, offset: 100n }, null);
  for (let at = 0; at <= count; at += 1) offsets.hold(idOf(at), BigInt(100 + at));
  offsets.advanceTo(BigInt(101 + count));
  offsets.settle(idOf(0));
  return offsets;
}

it('names as many open versions as fit, and claims to have read up to the first that does not', () => {
  const { offset, metadata, overflowed } = withOpenVersions(most + 50).committable(undefined, {
    canReadAgain: true,
  });
  expect({ offset, overflowed }).toEqual({ offset: 101n, overflowed: false });
  const state = decodeCommitMetadata({ topic: 'raw', partition: 0, offset }, metadata)!;
  expect(state.openVersions).toHaveLength(most);
  expect(state.readUpTo).toBe(BigInt(101 + most));
});

it('cannot be committed when finished versions would not be recognised', () => {
  expect(withOpenVersions(most + 50).committable().overflowed).toBe(true);
});

it('a restart takes what lies beyond for new, and passes over what was finished before', () => {
  const { offset, metadata } = withOpenVersions(most + 50).committable(undefined, { canReadAgain: true });
  const resumed = new PartitionOffsets({ topic: 'raw', partition: 0, offset }, metadata);
  expect(resumed.hadOutcome(150n, idOf(9_999))).toBe(true);
  expect(resumed.hadOutcome(150n, idOf(50))).toBe(false);
  expect(resumed.hadOutcome(BigInt(101 + most), idOf(9_999))).toBe(false);
});

it('a version that is held again keeps the order of offsets', () => {
  const offsets = withOpenVersions(2);
  offsets.settle(idOf(1));
  offsets.hold(idOf(7), 105n);
  offsets.settle(idOf(2));
  offsets.holdAgain(idOf(1), 104n);
  expect(offsets.committableOffset).toBe(104n);
});
