import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { OpenFile } from '../../src/engine/open-file.js';
import { reachFrom } from '../../src/engine/reach-of-partitions.js';

function fileOn(...partitions: number[]): OpenFile {
  const ranges = new Map(partitions.map(partition => [partition, { firstOffset: 0n, lastOffset: 0n }]));
  return { version: { ranges } } as unknown as OpenFile;
}

function endedOn(...partitions: number[]) {
  return { id: partitions.join(), partitions };
}

describe('what goes with lost partitions', () => {
  test('is only what lies there when each file lies on one', () => {
    const files = [fileOn(0), fileOn(1), fileOn(0), fileOn(2)];
    const reach = reachFrom([0], files, [endedOn(1), endedOn(0)]);
    expect([...reach.partitions]).toEqual([0]);
    expect([...reach.files]).toEqual([files[0], files[2]]);
  });

  test('is also every partition that was read past a chunk of such a file, and what lies there', () => {
    const files = [fileOn(2), fileOn(1, 2), fileOn(0, 1), fileOn(3)];
    const reach = reachFrom([0], files, []);
    expect([...reach.partitions].sort()).toEqual([0, 1, 2]);
    expect(reach.files).toEqual(new Set(files.slice(0, 3)));
  });

  test('goes on over versions that ended and are not committed', () => {
    const files = [fileOn(1)];
    const reach = reachFrom([0], files, [endedOn(0, 1)]);
    expect([...reach.partitions]).toEqual([0, 1]);
    expect([...reach.files]).toEqual(files);
  });

  test('leaves no file and no ended version half inside', () => {
    const places = fc.array(fc.uniqueArray(fc.nat(7), { minLength: 1, maxLength: 3 }));
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(7)), places, places, (lost, open, over) => {
        const files = open.map(partitions => fileOn(...partitions));
        const { partitions, files: dropped } = reachFrom(
          lost,
          files,
          over.map(one => endedOn(...one)),
        );
        expect(lost.every(partition => partitions.has(partition))).toBe(true);
        for (const [at, its] of [...open.entries(), ...over.map(one => [-1, one] as const)]) {
          const inside = its.filter(partition => partitions.has(partition)).length;
          expect([0, its.length]).toContain(inside);
          if (at >= 0) expect(dropped.has(files[at]!)).toBe(inside > 0);
        }
        // Nothing more than is tied to the lost ones.
        if (lost.length === 0) expect(partitions.size).toBe(0);
      }),
    );
  });
});
