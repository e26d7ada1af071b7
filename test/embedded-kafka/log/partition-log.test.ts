import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findOffsetAtTime } from '../../../src/embedded-kafka/log/find-offset.js';
import { batchOverheadBytes } from '../../../src/embedded-kafka/log/stored-batch.js';
import { PartitionLog } from '../../../src/embedded-kafka/log/partition-log.js';
import { readBatchHeader } from '../../../src/embedded-kafka/protocol/record-batch.js';
import { buildBatch } from '../build-batch.js';

function logOf(batches: readonly (readonly string[])[]): PartitionLog {
  const log = new PartitionLog();
  for (const values of batches) log.append(buildBatch({ values }));
  return log;
}

function read(log: PartitionLog, offset: bigint, maxBytes: number, isFirstWhole = true): Buffer {
  const result = log.read(offset, maxBytes, isFirstWhole);
  if (result.kind === 'out-of-range') throw new Error('out of range');
  return Buffer.concat(result.buffers);
}

const contents = fc.array(fc.array(fc.string({ maxLength: 50 }), { minLength: 1, maxLength: 5 }), {
  minLength: 1,
  maxLength: 30,
});

describe('PartitionLog', () => {
  it('gives consecutive offsets and reads everything back from any offset', () => {
    fc.assert(
      fc.property(contents, fc.nat(), (batches, pick) => {
        const log = logOf(batches);
        const count = batches.flat().length;
        expect(log.endOffset).toBe(BigInt(count));
        const offset = BigInt(pick % count);
        const bytes = read(log, offset, Number.MAX_SAFE_INTEGER);
        expect(bytes.length).toBe(log.availableBytes(offset));
        const first = readBatchHeader(bytes);
        expect(first.baseOffset <= offset).toBe(true);
        expect(first.baseOffset + BigInt(first.lastOffsetDelta) >= offset).toBe(true);
        let position = 0;
        let expected = first.baseOffset;
        while (position < bytes.length) {
          const header = readBatchHeader(bytes.subarray(position));
          expect(header.baseOffset).toBe(expected);
          expected += BigInt(header.recordCount);
          position += header.byteLength;
        }
        expect(expected).toBe(log.endOffset);
      }),
    );
  });

  it('gives the batches that fit into the limit, and the first one whatever its size', () => {
    fc.assert(
      fc.property(contents, fc.nat({ max: 500 }), (batches, maxBytes) => {
        const log = logOf(batches);
        const all = read(log, 0n, Number.MAX_SAFE_INTEGER);
        const ends: number[] = [];
        for (let end = 0; end < all.length; ends.push(end)) {
          end += readBatchHeader(all.subarray(end)).byteLength;
        }
        const fitting = Math.max(0, ...ends.filter(end => end <= maxBytes));
        expect(read(log, 0n, maxBytes)).toEqual(all.subarray(0, Math.max(ends[0]!, fitting)));
        expect(read(log, 0n, maxBytes, false)).toEqual(all.subarray(0, fitting));
      }),
    );
  });

  it('keeps a large batch without copying it and joins small ones into one buffer', () => {
    const log = new PartitionLog();
    const large = Buffer.allocUnsafeSlow(0 + buildBatch({ values: ['x'.repeat(100_000)] }).length);
    buildBatch({ values: ['x'.repeat(100_000)] }).copy(large);
    log.append(large);
    expect(log.storedBatches[0]!.bytes.buffer).toBe(large.buffer);
    for (let index = 0; index < 20; index++) log.append(buildBatch({ values: ['small'] }));
    const result = log.read(1n, 1_000_000, true);
    expect(result.kind === 'read' && result.buffers.length).toBe(1);
  });

  it('says out of range before its start and after its end', () => {
    const log = logOf([['a', 'b'], ['c'], ['d']]);
    log.deleteBefore(2n);
    expect(log.read(1n, 100, true)).toEqual({ kind: 'out-of-range' });
    expect(log.read(5n, 100, true)).toEqual({ kind: 'out-of-range' });
    expect(log.read(4n, 100, true)).toEqual({ kind: 'read', buffers: [] });
    expect(readBatchHeader(read(log, 2n, 100)).baseOffset).toBe(2n);
  });

  it('goes on with the same offsets after all its records are deleted', () => {
    const log = logOf([['a', 'b']]);
    log.deleteBefore(2n);
    expect(log.byteLength).toBe(0);
    expect(log.append(buildBatch({ values: ['c'] }))).toBe(2n);
    expect(readBatchHeader(read(log, 2n, 100)).baseOffset).toBe(2n);
  });

  it('shrinks to a limit by dropping the oldest batches, never the newest', () => {
    fc.assert(
      fc.property(contents, fc.nat({ max: 4_000 }), (batches, maxBytes) => {
        const log = logOf(batches);
        const newest = log.storedBatches.at(-1)!;
        log.shrinkTo(maxBytes);
        const ofNewest = newest.bytes.length + batchOverheadBytes;
        expect(log.memoryBytes).toBeLessThanOrEqual(Math.max(maxBytes, ofNewest));
        expect(log.storedBatches.at(-1)).toBe(newest);
        expect(log.startOffset).toBe(log.storedBatches[0]!.baseOffset);
      }),
    );
  });

  it('finds the first record at or after a time', async () => {
    const log = new PartitionLog();
    log.append(buildBatch({ values: ['a', 'b', 'c'], firstTimestamp: 100n, timestampStepMs: 10n }));
    log.append(buildBatch({ values: ['d'], firstTimestamp: 50n }));
    log.append(buildBatch({ values: ['e'], firstTimestamp: 200n }));
    expect(await findOffsetAtTime(log, 0n)).toEqual({ offset: 0n, timestamp: 100n });
    expect(await findOffsetAtTime(log, 105n)).toEqual({ offset: 1n, timestamp: 110n });
    expect(await findOffsetAtTime(log, 121n)).toEqual({ offset: 4n, timestamp: 200n });
    expect(await findOffsetAtTime(log, 201n)).toEqual({ offset: -1n, timestamp: -1n });
  });
});
