/**
 * The practical limit with kafkajs: one consumer, everything on the main thread, no safety of any kind.
 *
 * `count` only counts bytes, `join` also decodes, puts each file together and takes its SHA-512, `reply` also sends one
 * result per file (one request per batch) and commits after it. Prints `done` after the last message or file, then waits
 * to be ended, so that its CPU time can be read.
 */
import { createHash } from 'node:crypto';
import { parseArgs } from 'node:util';
import { decode } from '@msgpack/msgpack';
import kafkajs, { type EachBatchPayload, type KafkaMessage } from 'kafkajs';
import { compressFrame, decompressFrame } from 'lz4-napi';

const { CompressionCodecs, CompressionTypes, Kafka, logLevel, Partitioners } = kafkajs;
const chunkBytes = 512 * 1024;
const text = { type: 'string' } as const;
const { values: given } = parseArgs({
  options: { brokers: text, topic: text, out: text, group: text, mode: text, files: text, messages: text },
});
const topic = given.topic!;
// kafkajs leaves it to its users.
CompressionCodecs[CompressionTypes.LZ4] = () => ({
  compress: ({ buffer }: { buffer: Buffer }) => compressFrame(buffer),
  decompress: (buffer: Buffer) => decompressFrame(buffer),
});
const kafka = new Kafka({
  clientId: 'bare-loop',
  brokers: given.brokers!.split(','),
  logLevel: logLevel.ERROR,
});
const consumer = kafka.consumer({
  groupId: given.group!,
  maxWaitTimeInMs: 250,
  maxBytesPerPartition: 4 * (chunkBytes + 1024),
  maxBytes: 8 * 1024 * 1024,
});
const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });

type Fields = [string, Uint8Array, Uint8Array, number, number, number, string, string, Uint8Array];
interface OpenFile {
  readonly bytes: Buffer;
  missing: number;
  size: number;
}
const open = new Map<string, OpenFile>();
let messageCount = 0;
let fileCount = 0;
let byteCount = 0;

/** @returns the result of the file that this chunk completes */
function join(value: Buffer): { key: string; value: string } | undefined {
  const [name, fileHash, , startByte, , count, folder, , data] = decode(value) as Fields;
  byteCount += data.length;
  const path = folder === '' ? name : `${folder}/${name}`;
  if (count === 1) return finish(path, data, fileHash);
  let file = open.get(path);
  if (file === undefined) {
    file = { bytes: Buffer.allocUnsafeSlow(count * chunkBytes), missing: count, size: 0 };
    open.set(path, file);
  }
  file.bytes.set(data, startByte);
  file.size += data.length;
  file.missing -= 1;
  if (file.missing > 0) return undefined;
  open.delete(path);
  return finish(path, file.bytes.subarray(0, file.size), fileHash);
}

function finish(path: string, content: Uint8Array, expected: Uint8Array): { key: string; value: string } {
  const digest = createHash('sha512').update(content).digest();
  if (!digest.equals(expected)) throw new Error(`wrong hash: ${path}`);
  fileCount += 1;
  const summary = { filename: path, size: content.length, sha512: digest.toString('hex') };
  return { key: path, value: JSON.stringify(summary) };
}

function countMessages(messages: readonly KafkaMessage[]): void {
  for (const message of messages) byteCount += message.value!.length;
}

async function reply({ batch }: EachBatchPayload, results: { key: string; value: string }[]): Promise<void> {
  if (results.length > 0) await producer.send({ topic: given.out!, messages: results });
  const offset = String(BigInt(batch.lastOffset()) + 1n);
  await consumer.commitOffsets([{ topic, partition: batch.partition, offset }]);
}

async function takeBatch(payload: EachBatchPayload): Promise<void> {
  const { messages } = payload.batch;
  messageCount += messages.length;
  if (given.mode === 'count') countMessages(messages);
  else {
    const results = messages.map(message => join(message.value!)).filter(result => result !== undefined);
    if (given.mode === 'reply') await reply(payload, results);
  }
  const isDone =
    given.mode === 'count' ? messageCount >= Number(given.messages) : fileCount >= Number(given.files);
  if (isDone) console.log(`done: ${byteCount} bytes`);
}

if (given.mode === 'reply') await producer.connect();
await consumer.connect();
await consumer.subscribe({ topics: [topic], fromBeginning: true });
await consumer.run({ autoCommit: false, partitionsConsumedConcurrently: 4, eachBatch: takeBatch });
