import { type BatchContext, internals, type WireDecoder } from '../kafkajs-internals.js';
import type { DecodedRecord, FetchArguments, FetchRule } from './fetch-rules.js';

/** First version of Fetch that has transactions, and so batches of format 2. */
const sinceBatches = 4;
const sinceLogStart = 5;
const sinceSessions = 7;
const sinceReplicas = 11;

/** Of one partition in an answer: some 50 MB of objects. Only batches that hold very many tiny records come to so many. */
const mostRecords = 100_000;

/**
 * Decodes the record batches of an answer, where kafkajs does what some topics cannot be read with:
 *
 * - It passes the records of a batch as the arguments of one call. From about 120,000 on, fewer or more by the size of the thread's stack, that
 *   throws, each time anew. Here a batch with very many is given out in parts; it is fetched again for each.
 * - It goes by records alone. Where compaction has removed the last ones of a batch, or all of them, it asks for the same batch again and
 *   again, or takes it for the end of the log. Here a control record stands for them, which is shown to nobody and whose offset counts.
 *
 * Message sets of the formats before (Kafka 0.10) are left to kafkajs.
 */
export const decodeBatches: FetchRule = {
  async decode({ raw, version, asked }, decode) {
    if (version < sinceBatches) return decode();
    const { rest, batches } = takeBatches(raw, version);
    const fetched = await decode(rest);
    let at = 0;
    for (const { topicName, partitions } of fetched.responses)
      for (const partition of partitions) {
        const taken = batches[at++];
        if (taken === undefined) continue;
        partition.messages = await decodeRecords(taken, askedOffset(asked, topicName, partition.partition));
      }
    return fetched;
  },
};

function askedOffset({ topics }: FetchArguments, topicName: string, id: number): bigint {
  const partitions = topics.find(({ topic }) => topic === topicName)?.partitions;
  return BigInt(partitions?.find(({ partition }) => partition === id)?.fetchOffset ?? 0);
}

interface SplitAnswer {
  /** The answer without the batches. */
  readonly rest: Buffer;
  /** Of each partition, in the order of the answer; undefined: they are of a format before, and left in the rest. */
  readonly batches: readonly (Buffer | undefined)[];
}

/** Source: the protocol's description of Fetch. */
function takeBatches(raw: Buffer, version: number): SplitAnswer {
  const reader: WireDecoder = new internals.Decoder!(raw);
  const batches: (Buffer | undefined)[] = [];
  const rest: Buffer[] = [];
  const none = Buffer.alloc(4);
  let restStart = 0;
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
      const setStart = reader.offset;
      const byteLength = reader.readInt32();
      const set = byteLength > 0 ? reader.readBytes(byteLength) : Buffer.alloc(0);
      const isLeft = set.length > headOfBatch.format && set.readInt8(headOfBatch.format) !== 2;
      batches.push(isLeft ? undefined : set);
      if (isLeft) return;
      rest.push(raw.subarray(restStart, setStart), none);
      restStart = reader.offset;
    });
  });
  return { rest: Buffer.concat([...rest, raw.subarray(restStart)]), batches };
}

/** Where a batch has what. Source: Kafka's description of its record batches. */
const headOfBatch = {
  ...{ byteLength: 8, leaderEpoch: 12, format: 16, attributes: 21, lastOffsetDelta: 23 },
  ...{ firstTimestamp: 27, maxTimestamp: 35, producerId: 43, producerEpoch: 51, firstSequence: 53 },
  ...{ recordCount: 57, end: 61 },
} as const;
/** Of the part before the length and with it, which the length does not count. */
const lengthBytes = 12;
const isTimeOfAppend = 0x8;
const isTransactional = 0x10;
const isControl = 0x20;

/**
 * @param set the batches of one partition, as the broker sent them; the last one may be cut off
 * @param from what is before is left out
 * @param most how many, except for control records
 */
export async function decodeRecords(set: Buffer, from: bigint, most = mostRecords): Promise<DecodedRecord[]> {
  const found: DecodedRecord[] = [];
  let lastOffset = -1n;
  for (let at = 0; at + headOfBatch.end <= set.length;) {
    const end = at + lengthBytes + set.readInt32BE(at + headOfBatch.byteLength);
    if (end > set.length) break;
    const batch = set.subarray(at, end);
    const records = await recordsOf(batch);
    if (records === 'too-large') break;
    if (!addRecords(found, { batch, records, from, most })) return found;
    lastOffset = batch.readBigInt64BE(0) + BigInt(batch.readInt32BE(headOfBatch.lastOffsetDelta));
    at = end;
  }
  const shown = found.at(-1);
  if (lastOffset >= 0n && (shown === undefined || BigInt(shown.offset) < lastOffset))
    found.push({ offset: lastOffset.toString(), isControlRecord: true });
  return found;
}

/** Decompresses them. */
async function recordsOf(batch: Buffer): Promise<Buffer | 'too-large'> {
  const records = batch.subarray(headOfBatch.end);
  const codec = internals.lookupCodecByAttributes!(batch.readInt16BE(headOfBatch.attributes));
  if (codec === null || batch.readInt32BE(headOfBatch.recordCount) <= 0) return records;
  try {
    return await codec.decompress(records);
  } catch (error) {
    if ((error as Error).name === 'KafkaJSPartialMessageError') return 'too-large';
    throw error;
  }
}

interface BatchPart {
  readonly batch: Buffer;
  readonly records: Buffer;
  readonly from: bigint;
  readonly most: number;
}

/** @returns whether these are all records of the batch */
function addRecords(found: DecodedRecord[], { batch, records, from, most }: BatchPart): boolean {
  const context = contextOf(batch);
  const reader: WireDecoder = new internals.Decoder!(records);
  const fromDelta = Number(from - batch.readBigInt64BE(0));
  const count = batch.readInt32BE(headOfBatch.recordCount);
  let isBefore = fromDelta > 0;
  for (let at = 0; at < count; at += 1) {
    const byteLength = reader.readVarInt();
    isBefore &&= offsetDeltaAt(records, reader.offset) < fromDelta;
    if (!isBefore && found.length >= most) return false;
    if (isBefore) reader.forward(byteLength);
    else found.push(internals.decodeRecord!(new internals.Decoder!(reader.readBytes(byteLength)), context));
  }
  return true;
}

/** Of the record that begins here: behind its attributes and its timestamp. */
function offsetDeltaAt(records: Buffer, at: number): number {
  const timestampStart = at + 1;
  let timestampEnd = timestampStart;
  while (records[timestampEnd]! >= 0x80) timestampEnd += 1;
  const reader: WireDecoder = new internals.Decoder!(records);
  reader.forward(timestampEnd + 1);
  return reader.readVarInt();
}

/** As kafkajs has it. */
function contextOf(batch: Buffer): BatchContext {
  const attributes = batch.readInt16BE(headOfBatch.attributes);
  return {
    firstOffset: batch.readBigInt64BE(0).toString(),
    firstTimestamp: batch.readBigInt64BE(headOfBatch.firstTimestamp).toString(),
    partitionLeaderEpoch: batch.readInt32BE(headOfBatch.leaderEpoch),
    inTransaction: (attributes & isTransactional) > 0,
    isControlBatch: (attributes & isControl) > 0,
    lastOffsetDelta: batch.readInt32BE(headOfBatch.lastOffsetDelta),
    producerId: batch.readBigInt64BE(headOfBatch.producerId).toString(),
    producerEpoch: batch.readInt16BE(headOfBatch.producerEpoch),
    firstSequence: batch.readInt32BE(headOfBatch.firstSequence),
    maxTimestamp: batch.readBigInt64BE(headOfBatch.maxTimestamp).toString(),
    timestampType: (attributes & isTimeOfAppend) > 0 ? 1 : 0,
    magicByte: 2,
  };
}
