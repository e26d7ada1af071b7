import { describe, expect, test } from 'vitest';
import type { OpenFile } from '../../src/engine/open-file.js';
import { ScatterWatch } from '../../src/engine/scatter-watch.js';

function openFile(path: string, partitions: readonly number[], lastChunkAtMs = 0): OpenFile {
  const ranges = new Map(partitions.map(partition => [partition, { firstOffset: 0n, lastOffset: 0n }]));
  const version = { identity: { path }, ranges };
  return { version, state: 'assembling', lastChunkAtMs } as unknown as OpenFile;
}

describe('a by-file worker', () => {
  test('tells of the first file that it meets on two partitions, and only of that', () => {
    const watch = new ScatterWatch('by-file');
    expect(watch.met(openFile('a/b.dat', [3]))).toBeUndefined();
    expect(watch.met(openFile('a/b.dat', [3, 1]))).toBe('a/b.dat lies on partitions 1 and 3');
    expect(watch.met(openFile('c.dat', [0, 2]))).toBeUndefined();
  });

  test('asks once for each file whose rest does not come for 10 seconds, and at most once a minute', () => {
    const watch = new ScatterWatch('by-file');
    const [old, later] = [openFile('a', [0], 1_000), openFile('b', [0], 5_000)];
    expect(watch.shouldCompare([old, later], 10_999)).toBe(false);
    expect(watch.shouldCompare([old, later], 11_000)).toBe(true);
    expect(watch.shouldCompare([old, later], 30_000)).toBe(false);
    expect(watch.shouldCompare([old, later], 71_000)).toBe(true);
    expect(watch.shouldCompare([old, later], 200_000)).toBe(false);
  });

  test('does not ask for files that are whole', () => {
    const whole = { ...openFile('a', [0]), state: 'processing' as const };
    expect(new ScatterWatch('by-file').shouldCompare([whole], 100_000)).toBe(false);
  });

  test('says what is new about its share, and not what is as before', () => {
    const watch = new ScatterWatch('by-file');
    const difference = { kind: 'refused', reason: 'delivery' } as const;
    const changes = [undefined, difference, { ...difference }, undefined, undefined];
    expect(changes.map(change => watch.assigned(change))).toEqual([false, true, false, true, false]);
  });
});

test('a worker for scattered files neither tells nor asks', () => {
  const watch = new ScatterWatch('scattered');
  expect(watch.met(openFile('a', [0, 1]))).toBeUndefined();
  expect(watch.shouldCompare([openFile('a', [0])], 100_000)).toBe(false);
});
