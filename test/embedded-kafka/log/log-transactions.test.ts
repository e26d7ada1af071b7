import fc from 'fast-check';
import { expect, it } from 'vitest';
import { PartitionLog } from '../../../src/embedded-kafka/log/partition-log.js';
import { readBatchHeader } from '../../../src/embedded-kafka/protocol/record-batch.js';
import { buildBatch } from '../build-batch.js';

interface Written {
  readonly offset: bigint;
  readonly producerId: bigint;
  outcome: 'open' | 'commit' | 'abort';
}

/** A log with several producers, beside a list of what was written and what became of it. */
class Scene {
  readonly log = new PartitionLog();
  readonly written: Written[] = [];

  write(producerId: bigint, isTransactional: boolean): void {
    const batch = buildBatch({
      values: ['a', 'b'],
      producerId,
      producerEpoch: 0,
      baseSequence: 0,
      isTransactional,
    });
    const offset = this.log.append(batch);
    const outcome = isTransactional ? 'open' : 'commit';
    for (const delta of [0n, 1n]) this.written.push({ offset: offset + delta, producerId, outcome });
  }

  end(producerId: bigint, result: 'commit' | 'abort'): void {
    this.log.appendMarker({ producerId, producerEpoch: 0, result, timestamp: 1 });
    for (const record of this.written) {
      if (record.producerId === producerId && record.outcome === 'open') record.outcome = result;
    }
  }

  /** Offsets of records from `from` on that are committed, up to the first open one. */
  committedFrom(from: bigint): bigint[] {
    const firstOpen = this.written.find(({ outcome }) => outcome === 'open')?.offset ?? this.log.endOffset;
    return this.written
      .filter(({ offset, outcome }) => outcome === 'commit' && offset >= from && offset < firstOpen)
      .map(({ offset }) => offset);
  }
}

/** Byte of a control batch that is 0 in one that aborts: the end of its record's key. */
const markerTypeAt = 69;

/** Reads as clients do: forgets the records of a producer between the start of an aborted transaction and its marker. */
function readCommitted(log: PartitionLog, from: bigint): bigint[] {
  const result = log.read(from, 1e9, true, 'read_committed');
  if (result.kind !== 'read') throw new Error(result.kind);
  const starts = log.transactions.abortedBetween(from, log.lastStableOffset);
  starts.sort((a, b) => Number(a.firstOffset - b.firstOffset));
  const aborting = new Set<bigint>();
  const offsets: bigint[] = [];
  for (let bytes = Buffer.concat(result.buffers); bytes.length > 0;) {
    const { baseOffset, lastOffsetDelta, producerId, isControl, isTransactional, byteLength } =
      readBatchHeader(bytes);
    const last = baseOffset + BigInt(lastOffsetDelta);
    while (starts.length > 0 && starts[0]!.firstOffset <= last) aborting.add(starts.shift()!.producerId);
    if (isControl) {
      if (bytes[markerTypeAt] === 0) aborting.delete(producerId);
    } else if (!isTransactional || !aborting.has(producerId)) {
      for (let offset = baseOffset; offset <= last; offset++) if (offset >= from) offsets.push(offset);
    }
    bytes = bytes.subarray(byteLength);
  }
  return offsets;
}

const producer = fc.constantFrom(0n, 1n, 2n);
const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constant('write' as const), producer, isTransactional: fc.boolean() }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('end' as const),
      producer,
      result: fc.constantFrom('commit', 'abort'),
    }),
  },
  // Seldom: what is deleted is not there to be read wrongly.
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('delete' as const), percent: fc.integer({ min: 0, max: 100 }) }),
  },
);

it('shows readers what was committed before the first open transaction, wherever they start', () => {
  fc.assert(
    fc.property(
      fc.array(step, { minLength: 10, maxLength: 40 }),
      fc.integer({ min: 0, max: 100 }),
      (steps, startPercent) => {
        const scene = new Scene();
        const { log } = scene;
        for (const next of steps) {
          // A producer writes plain batches only under an id that has no transactions.
          if (next.kind === 'write')
            scene.write(next.isTransactional ? next.producer : 9n, next.isTransactional);
          else if (next.kind === 'end') scene.end(next.producer, next.result);
          else log.deleteBefore((log.lastStableOffset * BigInt(next.percent)) / 100n);
          const from =
            log.startOffset + ((log.lastStableOffset - log.startOffset) * BigInt(startPercent)) / 100n;
          expect(readCommitted(log, from)).toEqual(scene.committedFrom(from));
          const readable = log.read(from, 1e9, true, 'read_committed');
          const byteLength = readable.kind === 'read' ? Buffer.concat(readable.buffers).length : -1;
          expect(log.availableBytes(from, 'read_committed')).toBe(byteLength);
        }
      },
    ),
  );
});
