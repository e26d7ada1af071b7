import { contentStream } from './content/content-stream.js';
import type { ContentClient } from './content/content-client.js';
import type { FileContent } from './data-file.js';
import type { FileReady } from './file-work.js';

type WhereBytesAre = Pick<FileReady, 'workId' | 'size' | 'storedAt' | 'localPath' | 'isOnTopic'> & {
  readonly bytes?: ArrayBuffer | Uint8Array;
};

/**
 * Where the bytes of a file are, as `DataFile` takes it. Nothing is copied.
 * @param source of what is held nowhere
 */
export function contentOf(
  { workId, bytes, size, storedAt, localPath, isOnTopic }: WhereBytesAre,
  memoryBudgetBytes: number | undefined,
  source: Pick<ContentClient, 'open'> | undefined,
): FileContent {
  return {
    size,
    ...(bytes === undefined ? {} : { bytes: bufferOver(bytes, size) }),
    ...(storedAt === undefined ? {} : { storedAt }),
    ...(isOnTopic === undefined || source === undefined
      ? {}
      : { openStream: () => contentStream(source, workId) }),
    ...(localPath === undefined ? {} : { localPath }),
    ...(memoryBudgetBytes === undefined ? {} : { memoryBudgetBytes }),
  };
}

function bufferOver(bytes: ArrayBuffer | Uint8Array, size: number): Buffer {
  return bytes instanceof Uint8Array
    ? Buffer.from(bytes.buffer, bytes.byteOffset, size)
    : Buffer.from(bytes, 0, size);
}
