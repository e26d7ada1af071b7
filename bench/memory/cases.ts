import { createHash } from 'node:crypto';
import { Partitioners } from 'kafkajs';
import { encodeFields, keyOf, scatteredPartition } from '../../test/invariants/harness/sent-file.js';
import { createTopic, plainKafka } from '../../test/invariants/harness/topics.js';
import { seededBytes } from '../../test/invariants/harness/seeded-random.js';

const chunkBytes = 512 * 1024;
const partitionCount = 4;
const parallelRequests = 4;

/** Files of one size whose chunks come in turns. */
export interface MemoryCase {
  readonly name: string;
  readonly fileCount: number;
  readonly chunkCount: number;
  readonly budget: string;
  /** Undefined: without limit. */
  readonly diskBudget?: string;
  readonly mode: 'memory' | 'disk' | 'both';
}

/** A file that is never in memory as a whole: each chunk is made when it is needed. */
interface MadeFile {
  readonly path: string;
  readonly number: number;
  readonly sha512: Buffer;
  readonly sha256: string;
}

export interface Uploaded {
  readonly topic: string;
  readonly bytes: number;
  /** SHA-256 by path. */
  readonly expected: ReadonlyMap<string, string>;
}

const block = seededBytes('memory', chunkBytes);

/** Incompressible, and different for each place. */
function chunkData(file: number, index: number): Buffer {
  const data = Buffer.from(block);
  for (let at = 0; at < data.length; at += 4096) data.writeDoubleLE(file * 1e9 + index + at / 4096, at);
  return data;
}

function makeFile(number: number, chunkCount: number): MadeFile {
  const [sha512, sha256] = [createHash('sha512'), createHash('sha256')];
  for (let index = 1; index <= chunkCount; index += 1) {
    const data = chunkData(number, index);
    sha512.update(data);
    sha256.update(data);
  }
  return {
    path: `folder${number % 10}/file${number}.bin`,
    number,
    sha512: sha512.digest(),
    sha256: sha256.digest('hex'),
  };
}

/** Uploads the files: first chunk of each, second chunk of each, and so on, scattered over four partitions. */
export async function upload(
  brokers: readonly string[],
  { name, fileCount, chunkCount }: MemoryCase,
): Promise<Uploaded> {
  const topic = await createTopic(brokers, `memory-${name}`, partitionCount);
  const files = Array.from({ length: fileCount }, (_, number) => makeFile(number, chunkCount));
  const producer = plainKafka(brokers).producer({ createPartitioner: Partitioners.DefaultPartitioner });
  await producer.connect();
  const underWay = new Set<Promise<void>>();
  for (let index = 1; index <= chunkCount; index += 1) {
    for (const file of files) {
      const message = messageOf(file, index, chunkCount);
      if (underWay.size >= parallelRequests) await Promise.race(underWay);
      const request: Promise<void> = producer
        .send({ topic, messages: [message] })
        .then(() => undefined)
        .finally(() => underWay.delete(request));
      underWay.add(request);
    }
  }
  await Promise.all(underWay);
  await producer.disconnect();
  const expected = new Map(files.map(({ path, sha256 }) => [path, sha256]));
  return { topic, bytes: fileCount * chunkCount * chunkBytes, expected };
}

function messageOf({ path, number, sha512 }: MadeFile, index: number, count: number) {
  const data = chunkData(number, index);
  const [subdirectory, filename] = path.split('/') as [string, string];
  const fields = {
    filename,
    fileHash: sha512,
    chunkHash: createHash('sha512').update(data).digest(),
    startByte: (index - 1) * chunkBytes,
    index,
    count,
    subdirectory,
    append: '',
    data,
    modifiedAtSeconds: 1_700_000_000.25,
  };
  const key = keyOf(fields);
  return { key, value: encodeFields(fields), partition: scatteredPartition(key, partitionCount) };
}
