import { hash } from 'node:crypto';
import type { FileChunk } from './file-chunk.js';

/** OpenMSIStream's default. */
export const defaultChunkBytes = 524_288;

/** A file to cut into chunks. */
export interface FileToSplit {
  readonly filename: string;
  /** Folder relative to the upload root, with `/`; default the root. */
  readonly subdirectory?: string;
  /** Default: none. */
  readonly filenameAppend?: string;
  readonly bytes: Uint8Array;
  readonly modifiedAtSeconds?: number;
}

/**
 * Cuts a file that is in memory into chunks with their hashes, in file order. The chunks' data are views into
 * `bytes`. An empty file has no chunk: on the wire it does not exist, as with OpenMSIStream.
 *
 * @param chunkBytes length of every chunk but the last, which may be shorter; 1 or more
 * @throws {RangeError} `chunkBytes` is not a whole number of at least 1
 */
export function* splitFile(
  file: FileToSplit,
  chunkBytes = defaultChunkBytes,
): Generator<FileChunk, void, void> {
  if (!Number.isSafeInteger(chunkBytes) || chunkBytes < 1)
    throw new RangeError(`chunkBytes: expected a whole number of at least 1, found ${chunkBytes}`);
  const { bytes } = file;
  const count = Math.ceil(bytes.length / chunkBytes);
  if (count === 0) return;
  const fileHash = hash('sha512', bytes, 'buffer');
  for (let index = 1; index <= count; index++) {
    const startByte = (index - 1) * chunkBytes;
    const data = bytes.subarray(startByte, startByte + chunkBytes);
    yield {
      filename: file.filename,
      subdirectory: file.subdirectory ?? '',
      filenameAppend: file.filenameAppend ?? '',
      fileHash,
      chunkHash: count === 1 ? fileHash : hash('sha512', data, 'buffer'),
      startByte,
      index,
      count,
      data,
      ...(file.modifiedAtSeconds === undefined ? {} : { modifiedAtSeconds: file.modifiedAtSeconds }),
    };
  }
}
