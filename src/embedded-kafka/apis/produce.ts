import { type Broker } from '../broker.js';
import { batchHeaderBytes, checkBatch, readBatchHeader, stampAppendTime } from '../protocol/record-batch.js';
import { errorCodes, type ErrorCode } from '../protocol/error-codes.js';
import { type RequestReader } from '../protocol/reader.js';
import { type ResponseWriter } from '../protocol/writer.js';
import { type Partition } from '../topics/partition.js';
import { type Topic } from '../topics/topic.js';
import { batchOverheadBytes } from '../log/stored-batch.js';
import { checkTransaction } from '../transactions/check-transaction.js';
import { type Api, type Outcome } from './api.js';
import { findKeyless, isCompacted, refuseRecords } from './check-records.js';

interface Appended {
  readonly index: number;
  readonly code: ErrorCode;
  readonly message?: string;
  readonly baseOffset: bigint;
  readonly appendTime: bigint;
  readonly startOffset: bigint;
}

const batchErrors = {
  'old-format': [errorCodes.INVALID_RECORD, 'Only record batches of format 2 are stored.'],
  corrupt: [errorCodes.CORRUPT_MESSAGE, 'Length or checksum of the record batch is wrong.'],
  invalid: [errorCodes.INVALID_RECORD, 'Expected exactly one record batch with consecutive offsets.'],
} as const;

/** Appends one record batch to each partition named. */
export const produce: Api = {
  key: 0,
  name: 'Produce',
  versions: [3, 10],
  // librdkafka compresses only when it is told of version 0; Kafka 4 advertises it for the same reason.
  advertisedFrom: 0,
  flexibleFrom: 9,
  handle({ version, body, response, broker }) {
    const respond = (results: readonly AppendedTopic[]): Outcome =>
      writeResults(response, version, acks, results);
    const transactionalId = body.nullableString('transactional-id');
    const acks = body.int16();
    const sender = { acks, transactionalId, version };
    body.int32(); // timeout: nothing to wait for, there are no replicas
    const topics = body.structs(() => ({
      name: body.string('topic'),
      partitions: body.structs(() => appendInput(body)),
    }));
    const appendAll = (keyless: ReadonlySet<Buffer>): Outcome =>
      respond(
        topics.map(({ name, partitions }) => ({
          name,
          partitions: partitions.map(input => append(broker, name, input, sender, keyless)),
        })),
      );
    if (transactionalId === null && topics.some(hasTransactionalBatch)) {
      const code = errorCodes.TRANSACTIONAL_ID_AUTHORIZATION_FAILED;
      return respond(
        topics.map(({ name, partitions }) => ({
          name,
          partitions: partitions.map(({ index }) => failed(index, code)),
        })),
      );
    }
    const compacted = topics.filter(({ name }) => isCompacted(broker.topics.get(name)));
    if (compacted.length === 0) return appendAll(new Set());
    const batches = compacted.flatMap(({ partitions }) => partitions.map(({ batch }) => batch));
    return findKeyless(batches).then(appendAll);
  },
};

interface AppendedTopic {
  readonly name: string;
  readonly partitions: readonly Appended[];
}

function writeResults(
  response: ResponseWriter,
  version: number,
  acks: number,
  results: readonly AppendedTopic[],
): Outcome {
  if (acks === 0) {
    // Without a response the closed connection is the only way to tell of an error.
    return results.every(({ partitions }) => partitions.every(({ code }) => code === errorCodes.NONE))
      ? 'no-response'
      : 'close';
  }
  response.structs(results, result => {
    response.string(result.name);
    response.structs(result.partitions, appended => writeAppended(response, version, appended));
  });
  response.int32(0);
  return 'respond';
}

/** What all batches of a request have in common. */
interface Sender {
  readonly acks: number;
  readonly transactionalId: string | null;
  /** Of the request. */
  readonly version: number;
}

interface AppendInput {
  readonly index: number;
  readonly batch: Buffer;
}

function appendInput(body: RequestReader): AppendInput {
  return { index: body.int32(), batch: body.nullableBytes() ?? Buffer.alloc(0) };
}

function hasTransactionalBatch({ partitions }: { readonly partitions: readonly AppendInput[] }): boolean {
  return partitions.some(({ batch }) => {
    return batch.length >= batchHeaderBytes && readBatchHeader(batch).isTransactional;
  });
}

function append(
  broker: Broker,
  name: string,
  { index, batch }: AppendInput,
  { acks, transactionalId, version }: Sender,
  keyless: ReadonlySet<Buffer>,
): Appended {
  const topic = broker.topics.get(name);
  const partition = topic?.partition(index);
  if (acks < -1 || acks > 1) return failed(index, errorCodes.INVALID_REQUIRED_ACKS);
  if (topic === undefined || partition === undefined) {
    return failed(index, errorCodes.UNKNOWN_TOPIC_OR_PARTITION);
  }
  const check = checkBatch(batch);
  if (check !== 'ok') {
    const [code, message] = batchErrors[check];
    return failed(index, code, message);
  }
  const refusal = refuseRecords(topic, batch, {
    version,
    isKeyless: keyless.has(batch),
    nowMs: broker.settings.clock.now(),
  });
  if (refusal !== undefined) {
    const [code, message] = refusal;
    return refused(partition, code, message);
  }
  return appendChecked(broker, topic, partition, batch, transactionalId);
}

/** @param batch - one whole batch */
function appendChecked(
  broker: Broker,
  topic: Topic,
  partition: Partition,
  batch: Buffer,
  transactionalId: string | null,
): Appended {
  const { index, log, producers } = partition;
  if (batch.length > broker.maxMessageBytes(topic)) return failed(index, errorCodes.MESSAGE_TOO_LARGE);
  const header = readBatchHeader(batch);
  const refusal = checkTransaction(broker, topic, partition, header, transactionalId);
  if (refusal !== errorCodes.NONE) return refused(partition, refusal);
  const isIdempotent = header.producerId >= 0n;
  const check = isIdempotent ? producers.check(header) : ({ kind: 'next' } as const);
  if (check.kind === 'fenced') return refused(partition, errorCodes.INVALID_PRODUCER_EPOCH);
  if (check.kind === 'out-of-order') return refused(partition, errorCodes.OUT_OF_ORDER_SEQUENCE_NUMBER);
  if (check.kind === 'duplicate') return appended(partition, check.baseOffset, -1);
  const { maxPartitionBytes, maxTopicBytes } = broker.settings;
  if (!makeRoom(broker, topic, partition, batch.length)) {
    const message = `The partition takes ${log.memoryBytes} bytes of memory; at most ${maxPartitionBytes} are allowed.`;
    return failed(index, errorCodes.POLICY_VIOLATION, message);
  }
  const topicBytes = memoryBytesOf(topic);
  if (topicBytes + batch.length + batchOverheadBytes > maxTopicBytes) {
    const message = `The topic takes ${topicBytes} bytes of memory; at most ${maxTopicBytes} are allowed.`;
    return failed(index, errorCodes.POLICY_VIOLATION, message);
  }
  const isStamped = topic.config.get('message.timestamp.type') === 'LogAppendTime';
  const now = broker.settings.clock.now();
  if (isStamped) stampAppendTime(batch, now);
  const baseOffset = log.append(batch);
  if (isIdempotent) producers.appended(header, baseOffset);
  return appended(partition, baseOffset, isStamped ? now : -1);
}

/**
 * Deletes old records where the partition would get too large for memory: those that need not be kept, and of a topic that is
 * limited by size also others.
 * @returns whether the bytes fit
 */
function makeRoom(broker: Broker, topic: Topic, { log }: Partition, byteLength: number): boolean {
  const { maxPartitionBytes, maxTopicBytes } = broker.settings;
  const neededBytes = byteLength + batchOverheadBytes;
  const limit = maxPartitionBytes - neededBytes;
  if (log.memoryBytes > limit || memoryBytesOf(topic) + neededBytes > maxTopicBytes)
    broker.retention.apply(topic);
  if (log.memoryBytes > limit && topic.config.number('retention.bytes') >= 0)
    log.shrinkTo(Math.max(0, limit));
  return log.memoryBytes <= limit;
}

function memoryBytesOf({ partitions }: Topic): number {
  return partitions.reduce((sum, { log }) => sum + log.memoryBytes, 0);
}

function appended({ index, log }: Partition, baseOffset: bigint, appendTimeMs: number): Appended {
  const appendTime = BigInt(appendTimeMs);
  return { index, code: errorCodes.NONE, baseOffset, appendTime, startOffset: log.startOffset };
}

function failed(index: number, code: ErrorCode, message?: string): Appended {
  const result = { index, code, baseOffset: -1n, appendTime: -1n, startOffset: -1n };
  return message === undefined ? result : { ...result, message };
}

/** Tells where the log starts as well, as Kafka does once it has looked at the records. */
function refused({ index, log }: Partition, code: ErrorCode, message?: string): Appended {
  return { ...failed(index, code, message), startOffset: log.startOffset };
}

function writeAppended(response: ResponseWriter, version: number, result: Appended): void {
  response.int32(result.index).errorCode(result.code).int64(result.baseOffset).int64(result.appendTime);
  if (version >= 5) response.int64(result.startOffset);
  if (version >= 8) response.array([], () => undefined).string(result.message ?? null);
}
