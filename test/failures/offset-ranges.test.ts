import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseRanges, rangesOf } from '../../src/failures/offset-ranges.js';

const position = fc.record({
  partition: fc.integer({ min: 0, max: 3 }),
  offset: fc.bigInt({ min: 0n, max: 60n }),
});

function covered(ranges: ReturnType<typeof rangesOf>): Set<string> {
  return new Set(
    ranges.flatMap(({ partition, offsets }) =>
      parseRanges(offsets).flatMap(({ first, last }) =>
        Array.from({ length: Number(last - first) + 1 }, (_, at) => `${partition}/${first + BigInt(at)}`),
      ),
    ),
  );
}

describe('offset ranges', () => {
  it('say which offsets there are, one after the other as one range', () => {
    const offsets = [14n, 12n, 17n, 13n];
    expect(rangesOf(offsets.map(offset => ({ partition: 2, offset })))).toEqual([
      { partition: 2, offsets: '12-14,17' },
    ]);
  });

  it('read back give the positions, whatever their order and copies', () => {
    fc.assert(
      fc.property(fc.array(position), positions => {
        expect(covered(rangesOf(positions))).toEqual(
          new Set(positions.map(({ partition, offset }) => `${partition}/${offset}`)),
        );
      }),
    );
  });

  it('above the limit cover more, and leave out the widest gaps', () => {
    const offsets = [1n, 3n, 50n, 52n, 90n];
    expect(
      rangesOf(
        offsets.map(offset => ({ partition: 0, offset })),
        3,
      ),
    ).toEqual([{ partition: 0, offsets: '1-3,50-52,90' }]);
    fc.assert(
      fc.property(fc.array(position, { minLength: 1 }), positions => {
        const ranges = rangesOf(positions, 4);
        const all = covered(ranges);
        for (const { partition, offset } of positions) expect(all).toContain(`${partition}/${offset}`);
        for (const { offsets: text } of ranges) expect(parseRanges(text).length).toBeLessThanOrEqual(4);
      }),
    );
  });

  it.each(['', '3-1', '1,', 'a'])('%j is none', text => {
    expect(() => parseRanges(text)).toThrow('not a range of offsets: expected "12" or "12-14", found');
  });
});
