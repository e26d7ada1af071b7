import { Partitioners } from 'kafkajs';
import { seededBytes } from '../../test/invariants/harness/seeded-random.js';
import {
  chunkFields,
  encodeFields,
  keyOf,
  scatteredPartition,
} from '../../test/invariants/harness/sent-file.js';
import { createTopic, plainKafka } from '../../test/invariants/harness/topics.js';

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

/** Uploads the files, incompressible and scattered over four partitions as the Python uploader does. */
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
  const send = async (messages: PlacedMessage[]): Promise<void> => {
    await producer.send({ topic, messages });
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

function* chunksOf({ name, fileCount, fileBytes }: Case): Generator<PlacedMessage> {
  for (let at = 0; at < fileCount; at += 1) {
    const path = `folder${at % 10}/file${String(at).padStart(5, '0')}.bin`;
    for (const fields of chunkFields(path, seededBytes(`${name}/${at}`, fileBytes), chunkBytes)) {
      const key = keyOf(fields);
      yield { key, value: encodeFields(fields), partition: scatteredPartition(key, partitionCount) };
    }
  }
}
