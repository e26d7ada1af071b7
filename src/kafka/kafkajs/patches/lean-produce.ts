import { internals, type Encoder, type ProtocolRequest } from '../kafkajs-internals.js';
import { fastestCrc32c, type Crc32c } from './crc32c.js';
import { nullHeader } from './null-headers.js';
import { ByteWriter, bytesSize, varintSize } from './byte-writer.js';

/** A message as kafkajs's producer hands it to the request. */
export interface ProducedMessage {
  readonly key?: Buffer | string | null;
  readonly value: Buffer | string | null;
  readonly headers?: Readonly<Record<string, Buffer | string | null | readonly (Buffer | string)[]>>;
  readonly timestamp?: string | number;
}

interface ProducedPartition {
  readonly partition: number;
  readonly firstSequence?: number;
  readonly messages: readonly ProducedMessage[];
}

/** What a Produce request of version 3 to 7 says. */
export interface ProduceArguments {
  readonly acks: number;
  readonly timeout: number;
  readonly transactionalId?: string | null;
  /** Of kafkajs's Long, or a number. */
  readonly producerId?: { toString(): string } | number;
  readonly producerEpoch?: number;
  /** 0: none. */
  readonly compression?: number;
  readonly topicData: readonly {
    readonly topic: string;
    readonly partitions: readonly ProducedPartition[];
  }[];
}

/** Bytes of a batch up to its records, without first offset and length. */
const batchHeadBytes = 49;
const offsetAndLengthBytes = 12;
/** Of the batch from where its checksum counts. */
const checkedFrom = offsetAndLengthBytes + 9;
const inTransaction = 16;

/**
 * Writes Produce requests in one go, where kafkajs copies each byte nine times and counts its checksum in JavaScript. The bytes are
 * the same. Requests with compression, which lengthens the encoding anyway, and those of old versions stay kafkajs's own.
 */
export function writeProduceLean(): void {
  const produce = internals.requests?.['Produce'];
  const plain = internals.crc32c;
  if (produce === undefined || plain === undefined) return;
  const crc32c = fastestCrc32c(plain);
  internals.requests!['Produce'] = {
    versions: produce.versions,
    protocol: asked => args => lean(produce.protocol(asked)(args), args, crc32c),
  };
}

function lean(made: ProtocolRequest, args: ProduceArguments, crc32c: Crc32c): ProtocolRequest {
  const isOurs = made.request.apiVersion >= 3 && (args.compression ?? 0) === 0;
  if (!isOurs) return made;
  const encode = (): Promise<Encoder> => Promise.resolve(encoderOf(encodeProduce(args, crc32c, Date.now())));
  return { ...made, request: { ...made.request, encode } };
}

/** kafkajs copies `buf` up to `offset` behind the header of the request. */
function encoderOf(bytes: Buffer): Encoder {
  const encoder = new internals.Encoder!() as Encoder & { buf: Buffer; offset: number };
  encoder.buf = bytes;
  encoder.offset = bytes.length;
  return encoder;
}

/** The body of a request. @param nowMs for messages without a time */
export function encodeProduce(args: ProduceArguments, crc32c: Crc32c, nowMs: number): Buffer {
  const { acks, timeout, topicData, transactionalId = null } = args;
  const topics = topicData.map(({ topic, partitions }) => ({
    name: Buffer.from(topic),
    batches: partitions.map(partition => planBatch(partition, nowMs)),
  }));
  const id = transactionalId === null ? null : Buffer.from(transactionalId);
  const size = topics.reduce(
    (sum, { name, batches }) =>
      sum + 2 + name.length + 4 + batches.reduce((all, { byteLength }) => all + 8 + byteLength, 0),
    2 + (id?.length ?? 0) + 2 + 4 + 4,
  );
  const writer = new ByteWriter(size);
  writer.string(id).int16(acks).int32(timeout).int32(topics.length);
  for (const { name, batches } of topics) {
    writer.string(name).int32(batches.length);
    for (const batch of batches) {
      writer.int32(batch.partition).int32(batch.byteLength);
      writeBatch(writer, batch, args, crc32c);
    }
  }
  return writer.finish();
}

interface PlannedRecord {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: readonly (readonly [Buffer, Buffer | null])[];
  readonly timestampDelta: bigint;
  readonly bodyBytes: number;
}

interface PlannedBatch {
  readonly partition: number;
  readonly firstSequence: number;
  readonly firstTimestamp: bigint;
  readonly maxTimestamp: bigint;
  readonly records: readonly PlannedRecord[];
  readonly byteLength: number;
}

function planBatch(
  { partition, firstSequence = 0, messages }: ProducedPartition,
  nowMs: number,
): PlannedBatch {
  const times = messages.map(({ timestamp }) => BigInt(timestamp || nowMs));
  const given = messages.flatMap(({ timestamp }, at) => (timestamp == null ? [] : [times[at]!]));
  const counted = given.length === 0 ? [BigInt(nowMs)] : given;
  const firstTimestamp = counted.reduce((least, time) => (time < least ? time : least));
  const maxTimestamp = counted.reduce((most, time) => (time > most ? time : most));
  const records = messages.map((message, at) => planRecord(message, at, times[at]! - firstTimestamp));
  const recordBytes = records.reduce(
    (sum, { bodyBytes }) => sum + varintSize(BigInt(bodyBytes)) + bodyBytes,
    0,
  );
  const byteLength = offsetAndLengthBytes + batchHeadBytes + recordBytes;
  return { partition, firstSequence, firstTimestamp, maxTimestamp, records, byteLength };
}

function planRecord(message: ProducedMessage, offsetDelta: number, timestampDelta: bigint): PlannedRecord {
  const key = bytesOf(message.key ?? null);
  const value = bytesOf(message.value);
  const headers = Object.entries(message.headers ?? {}).flatMap(([name, content]) => {
    const contents = Array.isArray(content) ? (content as readonly (Buffer | string)[]) : [content as Buffer];
    return contents.map(each => [Buffer.from(name), bytesOf(each)] as const);
  });
  const headerBytes = headers.reduce((sum, [name, content]) => sum + bytesSize(name) + bytesSize(content), 0);
  const bodyBytes =
    1 +
    varintSize(timestampDelta) +
    varintSize(BigInt(offsetDelta)) +
    bytesSize(key) +
    bytesSize(value) +
    varintSize(BigInt(headers.length)) +
    headerBytes;
  return { key, value, headers, timestampDelta, bodyBytes };
}

function bytesOf(content: Buffer | string | null): Buffer | null {
  if (typeof content === 'string') return Buffer.from(content);
  return content === nullHeader ? null : content;
}

function writeBatch(
  writer: ByteWriter,
  batch: PlannedBatch,
  { transactionalId = null, producerId = -1, producerEpoch = 0 }: ProduceArguments,
  crc32c: Crc32c,
): void {
  const start = writer.length;
  const { records } = batch;
  writer.int64(0n).int32(batch.byteLength - offsetAndLengthBytes);
  // Leader epoch, format 2, and room for the checksum.
  writer.int32(0).int8(2).uint32(0);
  writer.int16(transactionalId ? inTransaction : 0).int32(records.length - 1);
  writer.int64(batch.firstTimestamp).int64(batch.maxTimestamp);
  writer.int64(BigInt(producerId.toString())).int16(producerEpoch).int32(batch.firstSequence);
  writer.int32(records.length);
  for (const [at, record] of records.entries()) {
    writer.varint(BigInt(record.bodyBytes)).int8(0).varint(record.timestampDelta).varint(BigInt(at));
    writer.bytes(record.key).bytes(record.value).varint(BigInt(record.headers.length));
    for (const [name, content] of record.headers) writer.bytes(name).bytes(content);
  }
  writer.uint32At(start + checkedFrom - 4, crc32c(writer.written(start + checkedFrom)));
}
