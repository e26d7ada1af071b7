import { type BlockCodec } from '../../kafka/kafkajs/compression/block-codec.js';
import { gzipCodec } from '../../kafka/kafkajs/compression/gzip-codec.js';
import { lz4Codec } from '../../kafka/kafkajs/compression/lz4-codec.js';
import { snappyCodec } from '../../kafka/kafkajs/compression/snappy-codec.js';
import { zstdCodec } from '../../kafka/kafkajs/compression/zstd-codec.js';
import { batchHeaderBytes, readBatchHeader, type Compression } from '../protocol/record-batch.js';
import { readRecords, type StoredRecord } from '../protocol/records.js';

/** A batch that would become larger than this is not opened. */
const maxBatchBytes = 134_217_728;

const codecs: Readonly<Record<Exclude<Compression, 'none' | 'unknown'>, BlockCodec>> = {
  gzip: gzipCodec,
  snappy: snappyCodec,
  lz4: lz4Codec,
  zstd: zstdCodec,
};

/**
 * Reads the records of a batch in any compression.
 * @returns undefined when it cannot be opened: producers may send what they like
 */
export async function openBatch(batch: Buffer): Promise<StoredRecord[] | undefined> {
  const { compression, byteLength } = readBatchHeader(batch);
  try {
    if (compression === 'none') return readRecords(batch, records => records);
    if (compression === 'unknown') return undefined;
    const packed = batch.subarray(batchHeaderBytes, byteLength);
    const opened = await codecs[compression].decompress(packed, maxBatchBytes);
    return readRecords(batch, () => opened);
  } catch {
    return undefined;
  }
}
