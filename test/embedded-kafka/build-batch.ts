import { crc32c } from '../../src/embedded-kafka/protocol/crc32c.js';

export interface BatchOptions {
  readonly values: readonly string[];
  /** Of each record. Default: none. */
  readonly key?: string;
  /** What the header says of the compression; nothing is compressed. */
  readonly compressionCode?: number;
  readonly firstTimestamp?: bigint;
  readonly timestampStepMs?: bigint;
  readonly producerId?: bigint;
  readonly producerEpoch?: number;
  readonly baseSequence?: number;
  readonly isTransactional?: boolean;
  readonly isControl?: boolean;
  /** Above that of the last record: as compaction leaves a batch whose last records have gone. */
  readonly lastOffsetDelta?: number;
}

/** Builds an uncompressed record batch as a producer would. */
export function buildBatch(options: BatchOptions): Buffer {
  const { values, firstTimestamp = 1_000n, timestampStepMs = 0n } = options;
  const records = Buffer.concat(
    values.map((value, index) => {
      const body = Buffer.concat([
        Buffer.from([0]),
        varint(timestampStepMs * BigInt(index)),
        varint(BigInt(index)),
        ...(options.key === undefined
          ? [varint(-1n)]
          : [varint(BigInt(Buffer.byteLength(options.key))), Buffer.from(options.key)]),
        varint(BigInt(Buffer.byteLength(value))),
        Buffer.from(value),
        varint(0n),
      ]);
      return Buffer.concat([varint(BigInt(body.length)), body]);
    }),
  );
  const header = Buffer.alloc(61);
  header.writeInt32BE(49 + records.length, 8);
  header.writeInt8(2, 16);
  header.writeInt16BE(
    (options.compressionCode ?? 0) |
      (options.isTransactional === true ? 0x10 : 0) |
      (options.isControl === true ? 0x20 : 0),
    21,
  );
  header.writeInt32BE(options.lastOffsetDelta ?? values.length - 1, 23);
  header.writeBigInt64BE(firstTimestamp, 27);
  header.writeBigInt64BE(firstTimestamp + timestampStepMs * BigInt(values.length - 1), 35);
  header.writeBigInt64BE(options.producerId ?? -1n, 43);
  header.writeInt16BE(options.producerEpoch ?? -1, 51);
  header.writeInt32BE(options.baseSequence ?? -1, 53);
  header.writeInt32BE(values.length, 57);
  const batch = Buffer.concat([header, records]);
  batch.writeUInt32BE(crc32c(batch.subarray(21)), 17);
  return batch;
}

/** A zigzag varint. */
function varint(value: bigint): Buffer {
  let rest = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n));
  const bytes: number[] = [];
  while (rest >= 0x80n) {
    bytes.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  return Buffer.from([...bytes, Number(rest)]);
}
