import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { RawRecord } from '../../../src/kafka/driver.js';
import { CopyQueue, type Portion } from '../../../src/programs/colocate/copy-queue.js';

const target = { topic: 'copies', partitionCount: 3, maxBatchBytes: 500 };

function record(offset: number, byteCount: number): RawRecord {
  return { offset: BigInt(offset), timestampMs: offset, key: null, value: Buffer.alloc(byteCount, 1) };
}

function valuesOf(portion: Portion): number {
  return portion.records.reduce((sum, { records }) => sum + records.length, 0);
}

test('any reads and any limits: each record is taken once, in order, and offsets are right after what was taken', () => {
  const reads = fc.array(
    fc.record({
      partition: fc.integer({ min: 0, max: 3 }),
      sizes: fc.array(fc.integer({ min: 0, max: 300 }), { maxLength: 6 }),
      /** Offsets without records after them: marks of transactions. */
      marks: fc.integer({ min: 0, max: 2 }),
      limits: fc.array(fc.integer({ min: 0, max: 900 }), { maxLength: 3 }),
    }),
    { maxLength: 20 },
  );
  fc.assert(
    fc.property(reads, steps => {
      const queue = new CopyQueue(target, 'metadata');
      const next = new Map([0, 1, 2, 3].map(partition => [partition, 10]));
      for (const partition of next.keys()) queue.begin(partition, 10n);
      const committed = new Map([0, 1, 2, 3].map(partition => [partition, 10n]));
      const copied: number[] = [];
      const sent: number[] = [];
      const take = (limit: number): boolean => {
        const portion = queue.take(limit);
        if (portion === undefined) return false;
        for (const { partition, offset, metadata } of portion.offsets) {
          expect(offset).toBeGreaterThan(committed.get(partition)!);
          expect(metadata).toBe('metadata');
          committed.set(partition, offset);
        }
        expect(valuesOf(portion)).toBe(portion.chunkCount + portion.otherCount);
        for (const { records } of portion.records)
          copied.push(...records.map(({ timestampMs }) => timestampMs!));
        return true;
      };
      for (const { partition, sizes, marks, limits } of steps) {
        const first = next.get(partition)!;
        const end = first + sizes.length + marks;
        // The time stamp tells partition and offset, so that each copy can be recognised.
        const records = sizes.map((size, at) => ({
          ...record(first + at, size),
          timestampMs: partition * 1000 + first + at,
        }));
        sent.push(...records.map(({ timestampMs }) => timestampMs));
        queue.push(partition, records, BigInt(end));
        next.set(partition, end);
        for (const limit of limits) take(limit);
      }
      while (take(500));
      expect(queue.heldBytes).toBe(0);
      expect(copied.toSorted((a, b) => a - b)).toEqual(sent.toSorted((a, b) => a - b));
      for (const from of next.keys()) {
        const ofPartition = copied.filter(timestamp => Math.floor(timestamp / 1000) === from);
        expect(ofPartition).toEqual(ofPartition.toSorted((a, b) => a - b));
        expect(committed.get(from)).toBe(BigInt(next.get(from)!));
      }
    }),
  );
});

test('a portion holds no more than its limit, but for one record that is larger', () => {
  const queue = new CopyQueue(target, '');
  queue.begin(0, 0n);
  queue.begin(1, 0n);
  queue.push(0, [record(0, 5_000), record(1, 10)], 2n);
  queue.push(1, [record(0, 400), record(1, 400), record(2, 400)], 3n);
  expect(queue.take(1_000)).toMatchObject({
    byteCount: 5_000,
    offsets: [{ partition: 0, offset: 1n }],
    largest: { partition: 0, offset: 0n, byteCount: 5_000 },
  });
  const second = queue.take(1_000)!;
  expect(second.byteCount).toBe(810);
  expect(second.offsets.map(({ partition, offset }) => [partition, offset])).toEqual([
    [1, 2n],
    [0, 2n],
  ]);
});

test('what was read is copied: the fetch response may be overwritten', () => {
  const queue = new CopyQueue(target, '');
  queue.begin(0, null);
  const [key, value, header] = ['key', 'value', 'header'].map(text => Buffer.from(text)) as [
    Buffer,
    Buffer,
    Buffer,
  ];
  queue.push(0, [{ offset: 7n, timestampMs: 1, key, value, headers: { h: [header, null] } }], 8n);
  for (const buffer of [key, value, header]) buffer.fill(0);
  const { records, offsets } = queue.take(100)!;
  expect(offsets).toEqual([{ partition: 0, offset: 8n, metadata: '' }]);
  expect(records[0]!.records).toEqual([
    {
      key: Buffer.from('key'),
      value: Buffer.from('value'),
      headers: { h: [Buffer.from('header'), null] },
      timestampMs: 1,
    },
  ]);
});

test('forgets everything of an old generation', () => {
  const queue = new CopyQueue(target, '');
  queue.begin(0, 0n);
  queue.push(0, [record(0, 10)], 1n);
  queue.clear();
  expect(queue.heldBytes).toBe(0);
  expect(queue.take(100)).toBeUndefined();
  expect(queue.has(0)).toBe(false);
});

test('where a partition begins of which nothing is committed is the first thing to commit', () => {
  const queue = new CopyQueue(target, 'metadata');
  queue.begin(0, null, 7n);
  queue.begin(1, 5n);
  expect(queue.take(100)?.offsets).toEqual([{ partition: 0, offset: 7n, metadata: 'metadata' }]);
  expect(queue.take(100)).toBeUndefined();
});
