import { readBatchHeader } from '../protocol/record-batch.js';
import { readRecords } from '../protocol/records.js';
import { decompressKnown } from './decompress.js';
import { type PartitionLog } from './partition-log.js';

export interface OffsetAtTime {
  /** -1 when there is none. */
  readonly offset: bigint;
  /** Of the record at `offset`; -1 when there is none. */
  readonly timestamp: bigint;
}

const none: OffsetAtTime = { offset: -1n, timestamp: -1n };

/**
 * Finds the first record with this time or a later one.
 *
 * Batches compressed with snappy, lz4 or zstd are not opened (this broker has no such codec): for them the answer is
 * the batch's first record, which is never too late.
 */
export function findOffsetAtTime(log: PartitionLog, timestamp: bigint): OffsetAtTime {
  const batch = log.batchAtTime(timestamp);
  if (batch === undefined) return none;
  const { compression, baseTimestamp } = readBatchHeader(batch.bytes);
  if (compression !== 'none' && compression !== 'gzip') {
    return { offset: later(batch.baseOffset, log.startOffset), timestamp: baseTimestamp };
  }
  const record = readRecords(batch.bytes, decompressKnown).find(
    ({ offset, timestamp: time }) => time >= timestamp && offset >= log.startOffset,
  );
  return record === undefined ? none : { offset: record.offset, timestamp: record.timestamp };
}

/** Finds the record with the latest time; the last offset of its batch where the batch cannot be opened. */
export function findLatestTime(log: PartitionLog): OffsetAtTime {
  const batches = log.storedBatches;
  if (batches.length === 0) return none;
  const latest = batches.reduce((best, next) => (next.maxTimestamp > best.maxTimestamp ? next : best));
  const { compression } = readBatchHeader(latest.bytes);
  if (compression !== 'none' && compression !== 'gzip') {
    return { offset: latest.lastOffset, timestamp: latest.maxTimestamp };
  }
  const record = readRecords(latest.bytes, decompressKnown).find(
    ({ timestamp }) => timestamp === latest.maxTimestamp,
  );
  return { offset: record?.offset ?? latest.lastOffset, timestamp: latest.maxTimestamp };
}

function later(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
