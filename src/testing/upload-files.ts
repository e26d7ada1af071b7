import { createKafkajsDriver } from '../kafka/kafkajs/create-driver.js';
import type { OutgoingRecord } from '../kafka/driver.js';
import { silentLogger } from '../logger.js';
import { fileChunks } from '../programs/upload/chunk-messages.js';
import { inTurn, roundRobin } from '../programs/upload/chunk-order.js';
import { sendChunks } from '../programs/upload/send-chunks.js';
import { librdkafkaPartition } from '../wire/librdkafka-partition.js';
import { defaultChunkBytes } from '../wire/split-file.js';
import { filesToUpload, type TestFiles } from './test-file.js';
import type { TestKafka } from './test-kafka.js';
import { checkFaults, disturbedMessages, type UploadFault } from './upload-faults.js';

export interface UploadFilesOptions {
  /** Length of every chunk but the last of a file; default 524,288, as uploaders have it. */
  readonly chunkBytes?: number;
  /**
   * Which partition a chunk goes to. `scattered` (default): the chunk's own key decides, so that a file lies on many
   * partitions, as OpenMSIStream's uploaders do it. `by-file`: all chunks of a file on one. A number: all on that one.
   */
  readonly layout?: 'scattered' | 'by-file' | number;
  /**
   * `file-by-file` (default); `interleaved`: a chunk of each file in turn; `reversed`: the last chunk of the last file
   * first; `{ seed }`: shuffled, the same way for the same seed.
   */
  readonly order?: 'file-by-file' | 'interleaved' | 'reversed' | { readonly seed: number };
  /** What goes wrong. Default: nothing. */
  readonly faults?: readonly UploadFault[];
  /** Of the topic, if it does not exist yet; default 3. */
  readonly partitions?: number;
}

/** A message of an upload; without `path` it is no chunk. */
export interface UploadMessage extends OutgoingRecord {
  readonly path?: string;
  /** 1-based. */
  readonly chunk?: number;
}

/** Where a message of an upload lies; without `path` it is garbage. */
export interface UploadedMessage {
  readonly path?: string;
  /** 1-based. */
  readonly chunk?: number;
  readonly partition: number;
  readonly offset: bigint;
}

/**
 * Puts files onto a topic in chunks, as an uploader does, over a real connection. Creates the topic if need be. Resolves when
 * all is acknowledged.
 *
 * ```ts
 * await uploadFiles(kafka, 'instrument-files', { 'a.xy': '1 2\n3 4\n' }, { chunkBytes: 4, order: 'interleaved' });
 * ```
 * @returns where each message lies, in the order of sending; nobody else may write to the topic meanwhile
 * @throws {TypeError} a fault names something that is not uploaded
 * @throws {UnsafePathError} no worker would take a file of this path
 */
export async function uploadFiles(
  kafka: TestKafka,
  topic: string,
  files: TestFiles,
  options: UploadFilesOptions = {},
): Promise<UploadedMessage[]> {
  const { layout = 'scattered', partitions = 3 } = options;
  const messages = uploadMessages(files, options);
  kafka.ensureTopic(topic, partitions);
  const partitionCount = kafka.partitionCount(topic);
  const next = Array.from({ length: partitionCount }, (_, partition) => kafka.offsets(topic, partition).end);
  const uploaded: UploadedMessage[] = [];
  const producer = producerOf(kafka);
  try {
    const partitionOf = (message: UploadMessage): number => choosePartition(message, layout, partitionCount);
    await sendChunks(producer, topic, messages, partitionOf, sent => {
      for (const [partition, list] of sent) {
        for (const { path, chunk } of list) {
          const offset = next[partition]!++;
          uploaded.push({ ...(path === undefined ? {} : { path, chunk: chunk! }), partition, offset });
        }
      }
    });
  } finally {
    await producer.close();
  }
  return uploaded;
}

function producerOf(kafka: TestKafka) {
  const connection = {
    clientId: 'test-upload',
    brokers: [kafka.brokers],
    connectionTimeoutMs: 10_000,
    requestTimeoutMs: 30_000,
  };
  return createKafkajsDriver({ connection, logger: silentLogger() }).producer();
}

function uploadMessages(
  files: TestFiles,
  { chunkBytes = defaultChunkBytes, order = 'file-by-file', faults = [] }: UploadFilesOptions,
): UploadMessage[] {
  const sources = filesToUpload(files).map(file => {
    const chunks = [...fileChunks(file, chunkBytes)];
    return { path: file.path, chunks };
  });
  checkFaults(faults, new Map(sources.map(({ path, chunks }) => [path, chunks.length])));
  const byFile = sources.map(({ path, chunks }) =>
    chunks.map(chunk => disturbedMessages(path, chunk, faults)).values(),
  );
  const groups = order === 'interleaved' ? [...roundRobin(byFile)] : [...inTurn(byFile)];
  const messages = groups.flat();
  if (order === 'reversed') messages.reverse();
  return typeof order === 'object' ? shuffled(messages, order.seed) : messages;
}

function choosePartition(
  { key, path }: UploadMessage,
  layout: NonNullable<UploadFilesOptions['layout']>,
  partitionCount: number,
): number {
  if (typeof layout === 'number') return layout;
  const decisive = layout === 'by-file' && path !== undefined ? path : (key ?? '');
  return librdkafkaPartition(Buffer.from(decisive), partitionCount);
}

/** Fisher and Yates, with the numbers of a linear congruential generator: enough to mix a few messages. */
function shuffled<T>(list: readonly T[], seed: number): T[] {
  const mixed = [...list];
  let state = seed >>> 0;
  for (let last = mixed.length - 1; last > 0; last--) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const other = Math.floor((state / 2 ** 32) * (last + 1));
    [mixed[last], mixed[other]] = [mixed[other]!, mixed[last]!];
  }
  return mixed;
}
