import type { ProducerPort } from '../../kafka/driver.js';
import { filePartition } from '../../wire/file-partition.js';
import { librdkafkaPartition } from '../../wire/librdkafka-partition.js';
import { defaultChunkBytes } from '../../wire/split-file.js';
import { chunkMessages, type FileChunkMessage, type FileToUpload } from './chunk-messages.js';
import { inTurn, roundRobin } from './chunk-order.js';
import { sendChunks } from './send-chunks.js';

export interface UploadOptions {
  /** Length of every chunk but the last of a file; default 512 KiB, as OpenMSIStream. */
  readonly chunkBytes?: number;
  /**
   * `file-by-file`: all chunks of a file, then the next file. `interleaved`: the first chunk of every file, then the
   * second of every file, and so on, as when several instruments upload at once. Default `file-by-file`.
   */
  readonly order?: 'file-by-file' | 'interleaved';
  /**
   * `scattered`: by the key of each chunk, as OpenMSIStream's uploaders do. `by-file`: all chunks of a file on one partition,
   * so that several workers can share the topic; the same one as `reproducer colocate` chooses. Default `scattered`.
   */
  readonly layout?: 'scattered' | 'by-file';
  /** Called after each acknowledged send with the number of chunks sent until then. */
  readonly onProgress?: (sentChunkCount: number) => void;
}

export interface UploadSummary {
  readonly fileCount: number;
  readonly chunkCount: number;
  /** Bytes of the files, without what the messages add. */
  readonly byteCount: number;
  /** Chunks by partition. */
  readonly chunksPerPartition: readonly number[];
  /** Files of 0 bytes: they have no chunk, so nothing of them is on the topic. */
  readonly emptyPaths: readonly string[];
}

/**
 * Uploads files that are in memory as chunks with the keys of OpenMSIStream's uploaders. In the default layout the key of
 * each chunk decides its partition, so that a file lies scattered over the topic. Resolves when all chunks are acknowledged
 * by all in-sync replicas.
 *
 * Chunks of one partition arrive in the order in which they are made; partitions are sent to at the same time. When it
 * fails, a part of the chunks may be on the topic; uploading the same files again is harmless, since workers drop
 * chunks that they hold already.
 *
 * @throws {UnsafePathError} no worker would take a file of this path; chunks made before it may have been sent
 * @throws {BrokerError} Kafka refused or could not be reached
 */
export async function uploadFiles(
  producer: ProducerPort,
  topic: string,
  files: readonly FileToUpload[],
  options: UploadOptions = {},
): Promise<UploadSummary> {
  const { chunkBytes = defaultChunkBytes, order = 'file-by-file', layout, onProgress } = options;
  const sources = files.map(file => chunkMessages(file, chunkBytes));
  const partitionCount = await producer.partitionCount(topic);
  const chunksPerPartition = new Array<number>(partitionCount).fill(0);
  let chunkCount = 0;
  const messages = order === 'interleaved' ? roundRobin(sources) : inTurn(sources);
  const partitionOf = ({ key, path }: FileChunkMessage): number =>
    layout === 'by-file' ? filePartition(path, partitionCount) : librdkafkaPartition(key, partitionCount);
  await sendChunks(producer, topic, messages, partitionOf, sent => {
    for (const [partition, chunks] of sent) {
      chunksPerPartition[partition]! += chunks.length;
      chunkCount += chunks.length;
    }
    onProgress?.(chunkCount);
  });
  return {
    fileCount: files.length,
    chunkCount,
    byteCount: files.reduce((sum, { bytes }) => sum + bytes.length, 0),
    chunksPerPartition,
    emptyPaths: files.filter(({ bytes }) => bytes.length === 0).map(({ path }) => path),
  };
}
