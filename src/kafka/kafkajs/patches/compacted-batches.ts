import { internals, type WireDecoder } from '../kafkajs-internals.js';
import type { DecodedRecord, FetchRule } from './fetch-rules.js';

/** First version of Fetch that has transactions, and so batches of format 2. */
const sinceBatches = 4;
const sinceLogStart = 5;
const sinceSessions = 7;
const sinceReplicas = 11;

/**
 * Lets the offsets of records that were compacted away count as read, up to the end of the last batch of an answer: a batch keeps its
 * last offset, and its head stays also where no record is left, for the last sequence number of its producer. kafkajs goes by records
 * alone, so that it asks for such a batch again and again, or takes it for the end of the log.
 *
 * A control record stands for them, which is shown to nobody and whose offset counts.
 */
export const countCompactedRecords: FetchRule = {
  async decode({ raw, version }, decode) {
    const fetched = await decode();
    if (version < sinceBatches) return fetched;
    const partitions = fetched.responses.flatMap(response => response.partitions);
    recordsOfPartitions(raw, version).forEach((records, at) => addEnd(records, partitions[at]!.messages));
    return fetched;
  },
};

/** The batches of each partition, in the order of the answer. Source: the protocol's description of Fetch. */
function recordsOfPartitions(raw: Buffer, version: number): Buffer[] {
  const reader: WireDecoder = new internals.Decoder!(raw);
  const found: Buffer[] = [];
  const skipNumbers = (): void => {
    reader.readInt64();
    reader.readInt64();
  };
  // Throttle time; error code and session.
  reader.readInt32();
  if (version >= sinceSessions) reader.readBytes(6);
  reader.readArray(() => {
    reader.readString();
    reader.readArray(() => {
      // Partition and error code, high watermark and last stable offset.
      reader.readBytes(6);
      skipNumbers();
      if (version >= sinceLogStart) reader.readInt64();
      reader.readArray(skipNumbers);
      if (version >= sinceReplicas) reader.readInt32();
      const byteLength = reader.readInt32();
      found.push(byteLength > 0 ? reader.readBytes(byteLength) : Buffer.alloc(0));
    });
  });
  return found;
}

/** Where a batch has what. Source: Kafka's description of its record batches. */
const headOfBatch = { byteLength: 8, format: 16, lastOffsetDelta: 23, recordCount: 57, end: 61 } as const;
/** Of the part before the length and with it, which the length does not count. */
const lengthBytes = 12;

/**
 * @param records of one partition, as the broker sent them
 * @param decoded what kafkajs made of them; batches at their end may be missing
 */
export function addEnd(records: Buffer, decoded: DecodedRecord[]): void {
  let lastOffset: bigint | undefined;
  let left = decoded.length;
  for (let at = 0; at + headOfBatch.end <= records.length;) {
    if (records.readInt8(at + headOfBatch.format) !== 2) return;
    const end = at + lengthBytes + records.readInt32BE(at + headOfBatch.byteLength);
    left -= records.readInt32BE(at + headOfBatch.recordCount);
    if (end > records.length || left < 0) break;
    lastOffset = records.readBigInt64BE(at) + BigInt(records.readInt32BE(at + headOfBatch.lastOffsetDelta));
    at = end;
  }
  const shown = decoded.at(-1);
  if (lastOffset === undefined || (shown !== undefined && BigInt(shown.offset) >= lastOffset)) return;
  decoded.push({ offset: lastOffset.toString(), isControlRecord: true });
}
