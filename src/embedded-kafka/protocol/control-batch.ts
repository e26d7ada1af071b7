import { crc32c } from './crc32c.js';
import { batchHeaderBytes } from './record-batch.js';

/** How a transaction ended. */
export type TransactionResult = 'commit' | 'abort';

/** The end of a producer's transaction, as it is written to each partition that took part. */
export interface TransactionMarker {
  readonly producerId: bigint;
  readonly producerEpoch: number;
  readonly result: TransactionResult;
  /** Milliseconds since 1970. */
  readonly timestamp: number;
}

const transactionalControl = 0x30;
const keyBytes = 4;
const valueBytes = 6;

/**
 * Builds the control batch that ends a transaction: one record whose key says how, in a batch that no client may write.
 *
 * Key: version (int16, 0) and type (int16: 0 abort, 1 commit); value: version (int16, 0) and the coordinator's epoch
 * (int32). Base offset and leader epoch are left to `stampBatch`.
 */
export function buildControlBatch({
  producerId,
  producerEpoch,
  result,
  timestamp,
}: TransactionMarker): Buffer {
  const record = controlRecord(result);
  const batch = Buffer.alloc(batchHeaderBytes + record.length);
  batch.writeInt32BE(batch.length - 12, 8);
  batch.writeInt8(2, 16);
  batch.writeInt16BE(transactionalControl, 21);
  batch.writeBigInt64BE(BigInt(timestamp), 27);
  batch.writeBigInt64BE(BigInt(timestamp), 35);
  batch.writeBigInt64BE(producerId, 43);
  batch.writeInt16BE(producerEpoch, 51);
  batch.writeInt32BE(-1, 53); // markers have no sequence number
  batch.writeInt32BE(1, 57);
  record.copy(batch, batchHeaderBytes);
  batch.writeUInt32BE(crc32c(batch.subarray(21)), 17);
  return batch;
}

function controlRecord(result: TransactionResult): Buffer {
  // Attributes, timestamp delta and offset delta are 0; counts are zigzag varints, all small enough for one byte.
  const body = Buffer.alloc(3 + 1 + keyBytes + 1 + valueBytes + 1);
  body.writeUInt8(keyBytes << 1, 3);
  body.writeInt16BE(result === 'commit' ? 1 : 0, 6);
  body.writeUInt8(valueBytes << 1, 8);
  return Buffer.concat([Buffer.from([body.length << 1]), body]);
}
