import { crc32c } from './crc32c.js';

/** Bytes before the first record of a batch of format 2. */
export const batchHeaderBytes = 61;
const bytesBeforeLength = 12;
const formatAt = 16;
const crcCoveredFrom = 21;

const compressionNames = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const;
export type Compression = (typeof compressionNames)[number] | 'unknown';

/** The header of a record batch (format 2, "magic" 2): the only format that clients of the last years write. */
export interface BatchHeader {
  readonly baseOffset: bigint;
  /** Of the whole batch, header included. */
  readonly byteLength: number;
  readonly lastOffsetDelta: number;
  readonly recordCount: number;
  readonly compression: Compression;
  readonly isTransactional: boolean;
  readonly isControl: boolean;
  readonly baseTimestamp: bigint;
  readonly maxTimestamp: bigint;
  /** -1 when the producer is not idempotent. */
  readonly producerId: bigint;
  readonly producerEpoch: number;
  readonly baseSequence: number;
}

/** Reads the header of a batch that `checkBatch` accepted. */
export function readBatchHeader(bytes: Buffer): BatchHeader {
  const attributes = bytes.readInt16BE(21);
  return {
    baseOffset: bytes.readBigInt64BE(0),
    byteLength: bytesBeforeLength + bytes.readInt32BE(8),
    lastOffsetDelta: bytes.readInt32BE(23),
    recordCount: bytes.readInt32BE(57),
    compression: compressionNames[attributes & 7] ?? 'unknown',
    isTransactional: (attributes & 0x10) !== 0,
    isControl: (attributes & 0x20) !== 0,
    baseTimestamp: bytes.readBigInt64BE(27),
    maxTimestamp: bytes.readBigInt64BE(35),
    producerId: bytes.readBigInt64BE(43),
    producerEpoch: bytes.readInt16BE(51),
    baseSequence: bytes.readInt32BE(53),
  };
}

export type BatchCheck = 'ok' | 'old-format' | 'corrupt' | 'invalid';

/**
 * Checks that `bytes` are exactly one whole record batch with a right checksum.
 *
 * @returns `old-format` for message sets of formats 0 and 1; `corrupt` when the checksum does not fit the bytes, or no header
 *   could have this length; `invalid` when the header contradicts itself, or there is not exactly one batch, whole, which Kafka refuses too.
 */
export function checkBatch(bytes: Buffer): BatchCheck {
  if (bytes.length === 0) return 'invalid';
  if (bytes.length > formatAt && bytes.readInt8(formatAt) < 2) return 'old-format';
  if (bytes.length < bytesBeforeLength) return 'invalid';
  const byteLength = bytesBeforeLength + bytes.readInt32BE(8);
  if (byteLength > bytes.length && byteLength >= batchHeaderBytes) return 'invalid';
  if (bytes.length < batchHeaderBytes) return 'corrupt';
  if (bytes.readInt8(formatAt) !== 2) return 'corrupt';
  if (byteLength < batchHeaderBytes) return 'corrupt';
  if (byteLength !== bytes.length) return 'invalid';
  if (bytes.readUInt32BE(17) !== crc32c(bytes.subarray(crcCoveredFrom))) return 'corrupt';
  const recordCount = bytes.readInt32BE(57);
  if (recordCount < 1 || bytes.readInt32BE(23) !== recordCount - 1) return 'invalid';
  return 'ok';
}

/** Writes the fields that the broker decides. The checksum does not cover them. */
export function stampBatch(bytes: Buffer, baseOffset: bigint, leaderEpoch: number): void {
  bytes.writeBigInt64BE(baseOffset, 0);
  bytes.writeInt32BE(leaderEpoch, 12);
}

/** Marks the batch as stamped by the broker's clock (`message.timestamp.type=LogAppendTime`). */
export function stampAppendTime(bytes: Buffer, appendTimeMs: number): void {
  bytes.writeInt16BE(bytes.readInt16BE(21) | 0x08, 21);
  bytes.writeBigInt64BE(BigInt(appendTimeMs), 35);
  bytes.writeUInt32BE(crc32c(bytes.subarray(crcCoveredFrom)), 17);
}

/** Whether the records' own timestamps are void, because the broker stamped the whole batch. */
export function hasAppendTime(bytes: Buffer): boolean {
  return (bytes.readInt16BE(21) & 0x08) !== 0;
}
