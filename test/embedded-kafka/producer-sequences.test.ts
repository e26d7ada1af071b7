import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ProducerSequences } from '../../src/embedded-kafka/producers/producer-sequences.js';

const batch = (baseSequence: number, recordCount = 1, producerEpoch = 0) => ({
  producerId: 7n,
  producerEpoch,
  baseSequence,
  recordCount,
  maxTimestamp: 0n,
});

function appended(counts: readonly number[], start = 0): ProducerSequences {
  const sequences = new ProducerSequences();
  let next = start;
  counts.forEach((count, index) => {
    expect(sequences.check(batch(next, count))).toEqual({ kind: 'next' });
    sequences.appended(batch(next, count), BigInt(index));
    next = (next + count) % 2 ** 31;
  });
  return sequences;
}

describe('ProducerSequences', () => {
  it('accepts only the next number, and knows repeats of the last five batches', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 12 }), counts => {
        const sequences = appended(counts);
        const starts = counts.map((_, index) => counts.slice(0, index).reduce((a, b) => a + b, 0));
        counts.forEach((count, index) => {
          const isRecent = index >= counts.length - 5;
          expect(sequences.check(batch(starts[index]!, count))).toEqual(
            isRecent ? { kind: 'duplicate', baseOffset: BigInt(index) } : { kind: 'out-of-order' },
          );
        });
        const next = starts.at(-1)! + counts.at(-1)!;
        expect(sequences.check(batch(next + 1))).toEqual({ kind: 'out-of-order' });
      }),
    );
  });

  it('wraps from 2^31 - 1 to 0', () => {
    const sequences = appended([3, 2], 2 ** 31 - 3);
    expect(sequences.check(batch(2))).toEqual({ kind: 'next' });
  });

  it('refuses an older epoch, and starts a newer one at 0', () => {
    const sequences = appended([1, 1]);
    expect(sequences.check(batch(2, 1, 1))).toEqual({ kind: 'out-of-order' });
    sequences.appended(batch(0, 1, 1), 9n);
    expect(sequences.check(batch(2, 1, 0))).toEqual({ kind: 'fenced' });
    expect(sequences.check(batch(1, 1, 1))).toEqual({ kind: 'next' });
  });
});
