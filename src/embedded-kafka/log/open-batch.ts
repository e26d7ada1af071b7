import { codecs, defaultMaxBatchBytes } from '../../compression/codecs.js';
import { batchHeaderBytes, readBatchHeader } from '../protocol/record-batch.js';
import { readRecords, type StoredRecord } from '../protocol/records.js';

/**
 * Reads the records of a batch in any compression.
 * @throws when it cannot be opened: producers may send what they like
 */
export async function openBatch(batch: Buffer): Promise<StoredRecord[]> {
  const { compression, byteLength } = readBatchHeader(batch);
  if (compression === 'none') return readRecords(batch, records => records);
  if (compression === 'unknown') throw new Error('a batch has a compression that Kafka does not know');
  const packed = batch.subarray(batchHeaderBytes, byteLength);
  const opened = await codecs[compression].decompress(packed, defaultMaxBatchBytes);
  return readRecords(batch, () => opened);
}
