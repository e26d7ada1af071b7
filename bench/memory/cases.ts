import { createHash } from 'node:crypto';
import { CompressionTypes, Partitioners, type Message } from 'kafkajs';
import { registerCompressionCodecs } from '../../src/kafka/kafkajs/compression.js';
import { codecs } from '../../test/invariants/harness/codecs.js';
import { encodeFields, keyOf, scatteredPartition } from '../../test/invariants/harness/sent-file.js';
import { createTopic, plainKafka } from '../../test/invariants/harness/topics.js';
import { seededBytes } from '../../test/invariants/harness/seeded-random.js';

const usualChunkBytes = 512 * 1024;
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
  /** Default: none. */
  readonly compression?: 'gzip' | 'lz4' | 'snappy' | 'zstd';
  /** `zeros`: but for some bytes of each chunk. Default: nothing that could be compressed. */
  readonly content?: 'zeros';
  /** Default: 512 KiB. */
  readonly chunkBytes?: number;
  /** Chunks in each request, which makes one batch of them for each partition; default 1. */
  readonly chunksAtATime?: number;
}

/** A file that is never in memory as a whole: each chunk is made when it is needed. */
interface MadeFile {
  readonly path: string;
  readonly number: number;
  readonly sha512: Buffer;
  readonly sha256: string;
  readonly chunkData: (index: number) => Buffer;
}

export interface Uploaded {
  readonly topic: string;
  readonly bytes: number;
  /** SHA-256 by path. */
  readonly expected: ReadonlyMap<string, string>;
}

const block = seededBytes('memory', usualChunkBytes);

/** Different for each place. */
function chunkData(
  file: number,
  index: number,
  { content, chunkBytes = usualChunkBytes }: MemoryCase,
): Buffer {
  if (content === 'zeros') {
    const data = Buffer.alloc(chunkBytes);
    data.writeDoubleLE(file * 1e9 + index, 0);
    return data;
  }
  const data = Buffer.from(block.subarray(0, chunkBytes));
  for (let at = 0; at < data.length; at += 4096) data.writeDoubleLE(file * 1e9 + index + at / 4096, at);
  return data;
}

function makeFile(number: number, each: MemoryCase): MadeFile {
  const [sha512, sha256] = [createHash('sha512'), createHash('sha256')];
  for (let index = 1; index <= each.chunkCount; index += 1) {
    const data = chunkData(number, index, each);
    sha512.update(data);
    sha256.update(data);
  }
  return {
    path: `folder${number % 10}/file${number}.bin`,
    number,
    sha512: sha512.digest(),
    sha256: sha256.digest('hex'),
    chunkData: index => chunkData(number, index, each),
  };
}

/** Uploads the files: first chunk of each, second chunk of each, and so on, scattered over four partitions. */
export async function upload(brokers: readonly string[], each: MemoryCase): Promise<Uploaded> {
  const { name, fileCount, chunkCount, chunkBytes = usualChunkBytes, chunksAtATime = 1 } = each;
  registerCompressionCodecs();
  const topic = await createTopic(brokers, `memory-${name}`, partitionCount);
  const files = Array.from({ length: fileCount }, (_, number) => makeFile(number, each));
  const producer = plainKafka(brokers).producer({ createPartitioner: Partitioners.DefaultPartitioner });
  await producer.connect();
  const underWay = new Set<Promise<void>>();
  const send = async (messages: readonly Message[]): Promise<void> => {
    if (underWay.size >= parallelRequests) await Promise.race(underWay);
    const request: Promise<void> = producer
      .send({ topic, messages: [...messages], compression: compressionOf(each) })
      .then(() => undefined)
      .finally(() => underWay.delete(request));
    underWay.add(request);
  };
  let waiting: Message[] = [];
  for (let index = 1; index <= chunkCount; index += 1) {
    for (const file of files) {
      waiting.push(messageOf(file, index, chunkCount, chunkBytes));
      if (waiting.length < chunksAtATime) continue;
      await send(waiting);
      waiting = [];
    }
  }
  if (waiting.length > 0) await send(waiting);
  await Promise.all(underWay);
  await producer.disconnect();
  const expected = new Map(files.map(({ path, sha256 }) => [path, sha256]));
  return { topic, bytes: fileCount * chunkCount * chunkBytes, expected };
}

function compressionOf({ compression }: MemoryCase): CompressionTypes {
  return compression === undefined ? CompressionTypes.None : codecs[compression];
}

function messageOf(file: MadeFile, index: number, count: number, chunkBytes: number) {
  const { path, sha512 } = file;
  const data = file.chunkData(index);
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
