import { readBatchHeader } from '../protocol/record-batch.js';
import { openBatch } from './open-batch.js';
import { type PartitionLog } from './partition-log.js';

export interface OffsetAtTime {
  /** -1 when there is none. */
  readonly offset: bigint;
  /** Of the record at `offset`; -1 when there is none. */
  readonly timestamp: bigint;
}

const none: OffsetAtTime = { offset: -1n, timestamp: -1n };

/**
 * Finds the first record with this time or a later one. In a batch that cannot be opened that is its first record, which is
 * never too late.
 */
export async function findOffsetAtTime(log: PartitionLog, timestamp: bigint): Promise<OffsetAtTime> {
  const batch = log.batchAtTime(timestamp);
  if (batch === undefined) return none;
  const { startOffset } = log;
  const records = await openBatch(batch.bytes).catch(() => undefined);
  if (records === undefined) {
    const { baseTimestamp } = readBatchHeader(batch.bytes);
    return { offset: later(batch.baseOffset, startOffset), timestamp: baseTimestamp };
  }
  const record = records.find(({ offset, timestamp: time }) => time >= timestamp && offset >= startOffset);
  return record === undefined ? none : { offset: record.offset, timestamp: record.timestamp };
}

/** Finds the record with the latest time; the last offset of its batch where the batch cannot be opened. */
export async function findLatestTime(log: PartitionLog): Promise<OffsetAtTime> {
  const batches = log.storedBatches;
  if (batches.length === 0) return none;
  const latest = batches.reduce((best, next) => (next.maxTimestamp > best.maxTimestamp ? next : best));
  const records = await openBatch(latest.bytes).catch(() => undefined);
  const record = records?.find(({ timestamp }) => timestamp === latest.maxTimestamp);
  return { offset: record?.offset ?? latest.lastOffset, timestamp: latest.maxTimestamp };
}

function later(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
