import type { OutgoingRecord } from '../../kafka/driver.js';
import { encodeChunk } from '../../wire/encode-chunk.js';
import type { FileChunk } from '../../wire/file-chunk.js';
import { chunkKey } from '../../wire/message-keys.js';
import { safeFilePath, type SafeFilePath } from '../../wire/safe-file-path.js';
import { splitFile } from '../../wire/split-file.js';

/** A file to upload. */
export interface FileToUpload {
  /** Relative path with `/`, as it is to arrive: `xrd/silicon.xy`. */
  readonly path: string;
  readonly bytes: Uint8Array;
  /** Last change of the source file; default: not told. */
  readonly modifiedAt?: Date;
}

/** One chunk as a message. */
export interface ChunkMessage extends OutgoingRecord {
  readonly key: Buffer;
  readonly value: Buffer;
}

/** A chunk of a file whose path was found good. */
export interface FileChunkMessage extends ChunkMessage {
  /** As `safeFilePath` gives it. */
  readonly path: string;
}

/**
 * Makes the messages of one file, in file order, byte for byte as OpenMSIStream's uploaders do: no headers, a key per
 * chunk. Lazy, so that only the messages in flight take memory beside the file itself. An empty file has no message.
 *
 * @param chunkBytes length of every chunk but the last; 1 or more
 * @throws {UnsafePathError} no worker would take a file of this path
 * @throws {RangeError} `chunkBytes` is not a whole number of at least 1
 */
export function* chunkMessages(
  file: FileToUpload,
  chunkBytes: number,
): Generator<FileChunkMessage, void, void> {
  const { path } = safePathOf(file);
  for (const chunk of fileChunks(file, chunkBytes)) yield { ...chunkMessage(chunk), path };
}

/** Cuts a file into chunks; parameters and errors as `chunkMessages`. */
export function fileChunks(file: FileToUpload, chunkBytes: number): Generator<FileChunk, void, void> {
  const { subdirectory, filename } = safePathOf(file);
  const source = {
    filename,
    subdirectory,
    bytes: file.bytes,
    ...(file.modifiedAt === undefined ? {} : { modifiedAtSeconds: file.modifiedAt.getTime() / 1000 }),
  };
  return splitFile(source, chunkBytes);
}

function safePathOf({ path }: FileToUpload): SafeFilePath {
  const slash = path.lastIndexOf('/');
  return safeFilePath(path.slice(0, Math.max(slash, 0)), path.slice(slash + 1));
}

/** One chunk as a message. */
export function chunkMessage(chunk: FileChunk): ChunkMessage {
  const { subdirectory, filename, index, count } = chunk;
  return {
    key: Buffer.from(chunkKey(subdirectory, filename, index, count)),
    value: encodeChunk(chunk),
    headers: {},
  };
}
