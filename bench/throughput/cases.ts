import { CompressionTypes, Partitioners } from 'kafkajs';
import { registerCompressionCodecs } from '../../src/kafka/kafkajs/compression.js';
import { seededBytes, seededRandom } from '../../test/invariants/harness/seeded-random.js';
import {
  chunkFields,
  encodeFields,
  keyOf,
  scatteredPartition,
} from '../../test/invariants/harness/sent-file.js';
import { createTopic, plainKafka } from '../../test/invariants/harness/topics.js';

registerCompressionCodecs();

const chunkBytes = 512 * 1024;
const partitionCount = 4;
const parallelRequests = 6;

/** Files of one size, many or a single one. */
export interface Case {
  readonly name: string;
  readonly fileCount: number;
  readonly fileBytes: number;
  /** Which program is the limit to compare with: one result per file costs as much as a small file. */
  readonly limit: 'join' | 'reply';
  /** The Python original joins by repeated `bytes +=`: it has no result of 1 GiB after 15 minutes. */
  readonly isTooMuchForPython?: boolean;
  /** Batches compressed with lz4, as the Python uploader sends them by default, of text: else uncompressed, of noise. */
  readonly isLz4?: boolean;
}

/** A case that is on a topic. */
export interface FilledTopic extends Case {
  readonly topic: string;
  readonly messageCount: number;
}

export const cases: readonly Case[] = [
  { name: 'large', fileCount: 200, fileBytes: 5 * 1024 * 1024, limit: 'join' },
  { name: 'medium', fileCount: 1000, fileBytes: 64 * 1024, limit: 'reply' },
  { name: 'small', fileCount: 5000, fileBytes: 1024, limit: 'reply' },
  { name: 'single', fileCount: 1, fileBytes: 256 * 1024 * 1024, limit: 'join' },
  { name: 'huge', fileCount: 1, fileBytes: 1024 * 1024 * 1024, limit: 'join', isTooMuchForPython: true },
];

/**
 * One file: what it takes until it is done is the start-up of a program. Large enough that the Python original, which asks
 * for 100,000 bytes at least, does not wait for more.
 */
export const startUpCase: Case = { name: 'start-up', fileCount: 1, fileBytes: 200_000, limit: 'reply' };

/** With fewer files, of the same sizes; one file stays one. */
export function scaled(original: Case, scale: number): Case {
  if (original.fileCount === 1) return original;
  return { ...original, fileCount: Math.max(4, Math.round(original.fileCount * scale)) };
}

/** One chunk on its way to the topic. */
interface PlacedMessage {
  readonly key: string;
  readonly value: Buffer;
  readonly partition: number;
}

/** Uploads the files, scattered over four partitions as the Python uploader does. */
export async function fillTopic(brokers: readonly string[], filled: Case): Promise<FilledTopic> {
  const topic = await createTopic(brokers, `bench-${filled.name}`, partitionCount);
  const { messageCount } = await sendFiles(brokers, topic, filled);
  return { ...filled, topic, messageCount };
}

export interface Sent {
  readonly messageCount: number;
  /** From the first chunk sent to the acknowledgement of the last one. */
  readonly uploadMs: number;
}

/** Resolves once all chunks are acknowledged. */
export async function sendFiles(brokers: readonly string[], topic: string, filled: Case): Promise<Sent> {
  const producer = plainKafka(brokers).producer({ createPartitioner: Partitioners.DefaultPartitioner });
  await producer.connect();
  let messageCount = 0;
  let started: number | undefined;
  const underWay = new Set<Promise<void>>();
  const compression = filled.isLz4 === true ? CompressionTypes.LZ4 : CompressionTypes.None;
  const send = async (messages: PlacedMessage[]): Promise<void> => {
    await producer.send({ topic, messages, compression });
  };
  for (const batch of batches(filled)) {
    messageCount += batch.length;
    started ??= performance.now();
    if (underWay.size >= parallelRequests) await Promise.race(underWay);
    const request: Promise<void> = send(batch).finally(() => underWay.delete(request));
    underWay.add(request);
  }
  await Promise.all(underWay);
  const uploadMs = performance.now() - started!;
  void producer.disconnect();
  return { messageCount, uploadMs };
}

/** Chunks of about 512 KiB together: a broker takes no batch above 1 MiB. */
function* batches(filled: Case): Generator<PlacedMessage[]> {
  let batch: PlacedMessage[] = [];
  let byteLength = 0;
  for (const message of chunksOf(filled)) {
    batch.push(message);
    byteLength += message.value.length;
    if (byteLength < chunkBytes && batch.length < 200) continue;
    yield batch;
    batch = [];
    byteLength = 0;
  }
  if (batch.length > 0) yield batch;
}

function* chunksOf({ name, fileCount, fileBytes, isLz4 }: Case): Generator<PlacedMessage> {
  const table = isLz4 === true ? measuredTable(fileBytes) : undefined;
  for (let at = 0; at < fileCount; at += 1) {
    const path = `folder${at % 10}/file${String(at).padStart(5, '0')}.bin`;
    for (const fields of chunkFields(path, table ?? seededBytes(`${name}/${at}`, fileBytes), chunkBytes)) {
      const key = keyOf(fields);
      yield { key, value: encodeFields(fields), partition: scatteredPartition(key, partitionCount) };
    }
  }
}

/** Angles and counts, as a diffractometer writes them; lz4 makes it a half of its size. */
function measuredTable(byteLength: number): Buffer {
  const random = seededRandom(3);
  const lines: string[] = [];
  let length = 0;
  for (let at = 0; length < byteLength; at += 1) {
    const line = `${(5 + at * 0.013).toFixed(4)} ${Math.round(120 + 40 * random())}\n`;
    length += line.length;
    lines.push(line);
  }
  return Buffer.from(lines.join('')).subarray(0, byteLength);
}
