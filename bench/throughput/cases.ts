import { Partitioners } from 'kafkajs';
import { seededBytes } from '../../test/invariants/harness/seeded-random.js';
import { scatteredPartition, sentFile, type ChunkMessage } from '../../test/invariants/harness/sent-file.js';
import { createTopic, plainKafka } from '../../test/invariants/harness/topics.js';

const chunkBytes = 512 * 1024;
const partitionCount = 4;
const parallelRequests = 6;

/** Many files of one size. */
export interface Case {
  readonly name: string;
  readonly fileCount: number;
  readonly fileBytes: number;
  /** Which program is the limit to compare with: one result per file costs as much as a small file. */
  readonly limit: 'join' | 'reply';
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
];

/**
 * One file: what it takes until it is done is the start-up of a program. Large enough that the Python original, which asks
 * for 100,000 bytes at least, does not wait for more.
 */
export const startUpCase: Case = { name: 'start-up', fileCount: 1, fileBytes: 200_000, limit: 'reply' };

/** With fewer files, of the same sizes. */
export function scaled(original: Case, scale: number): Case {
  return { ...original, fileCount: Math.max(4, Math.round(original.fileCount * scale)) };
}

/** Uploads the files, incompressible and scattered over four partitions as the Python uploader does. */
export async function fillTopic(brokers: readonly string[], filled: Case): Promise<FilledTopic> {
  const topic = await createTopic(brokers, `bench-${filled.name}`, partitionCount);
  const producer = plainKafka(brokers).producer({ createPartitioner: Partitioners.DefaultPartitioner });
  await producer.connect();
  let messageCount = 0;
  const underWay = new Set<Promise<void>>();
  const send = async (chunks: readonly ChunkMessage[]): Promise<void> => {
    const messages = chunks.map(({ key, value }) => ({
      key,
      value,
      partition: scatteredPartition(key, partitionCount),
    }));
    await producer.send({ topic, messages });
  };
  for (const batch of batches(filled)) {
    messageCount += batch.length;
    if (underWay.size >= parallelRequests) await Promise.race(underWay);
    const request: Promise<void> = send(batch).finally(() => underWay.delete(request));
    underWay.add(request);
  }
  await Promise.all(underWay);
  await producer.disconnect();
  return { ...filled, topic, messageCount };
}

/** Chunks of about 512 KiB together: a broker takes no batch above 1 MiB. */
function* batches(filled: Case): Generator<ChunkMessage[]> {
  let batch: ChunkMessage[] = [];
  let byteLength = 0;
  for (let at = 0; at < filled.fileCount; at += 1) {
    const path = `folder${at % 10}/file${String(at).padStart(5, '0')}.bin`;
    const content = seededBytes(`${filled.name}/${at}`, filled.fileBytes);
    for (const chunk of sentFile(path, content, chunkBytes).chunks) {
      batch.push(chunk);
      byteLength += chunk.value.length;
      if (byteLength < chunkBytes && batch.length < 200) continue;
      yield batch;
      batch = [];
      byteLength = 0;
    }
  }
  if (batch.length > 0) yield batch;
}
