import { MalformedRequestError } from './malformed-request-error.js';
import { batchHeaderBytes, hasAppendTime, readBatchHeader, type Compression } from './record-batch.js';

/** One record as a consumer would see it. */
export interface StoredRecord {
  readonly offset: bigint;
  /** Milliseconds since 1970; -1 when the producer gave none. */
  readonly timestamp: bigint;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  /** In order; a name may occur more than once. */
  readonly headers: readonly { readonly name: string; readonly value: Buffer | null }[];
}

/** Undoes the compression of a batch's records. */
export type Decompress = (records: Buffer, compression: Compression) => Buffer;

/**
 * Reads the records of one batch; keys and values are views into it (or into what `decompress` returned).
 * @throws {MalformedRequestError} the records do not follow the format
 */
export function readRecords(batch: Buffer, decompress: Decompress): StoredRecord[] {
  const header = readBatchHeader(batch);
  const packed = batch.subarray(batchHeaderBytes, header.byteLength);
  const cursor = new RecordCursor(
    header.compression === 'none' ? packed : decompress(packed, header.compression),
  );
  const appendTime = hasAppendTime(batch) ? header.maxTimestamp : undefined;
  const records: StoredRecord[] = [];
  for (let index = 0; index < header.recordCount; index++) {
    cursor.varint(); // byte length of the record
    cursor.varint(); // attributes: one byte, always zero
    const timestamp = appendTime ?? header.baseTimestamp + cursor.varint();
    if (appendTime !== undefined) cursor.varint();
    const offset = header.baseOffset + cursor.varint();
    const key = cursor.bytes();
    const value = cursor.bytes();
    records.push({ offset, timestamp, key, value, headers: readHeaders(cursor) });
  }
  return records;
}

function readHeaders(cursor: RecordCursor): StoredRecord['headers'] {
  const headers = [];
  for (let left = cursor.varint(); left > 0n; left--) {
    headers.push({ name: cursor.bytes()?.toString() ?? '', value: cursor.bytes() });
  }
  return headers;
}

/** Reads zigzag varints and the fields counted by them. */
class RecordCursor {
  private position = 0;
  constructor(private readonly source: Buffer) {}

  varint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.source[this.position++];
      if (byte === undefined) throw new MalformedRequestError('a record ends early');
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return (value >> 1n) ^ -(value & 1n);
    }
    throw new MalformedRequestError('varint longer than 10 bytes');
  }

  bytes(): Buffer | null {
    const length = Number(this.varint());
    if (length < 0) return null;
    const start = this.position;
    this.position += length;
    if (this.position > this.source.length) throw new MalformedRequestError('a record ends early');
    return this.source.subarray(start, this.position);
  }
}
