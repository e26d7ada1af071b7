import { createHash, hash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { crc32 } from 'node:zlib';

/** A file cut into chunks whose bytes are those that were hashed. */
export interface ChunkSource {
  /** SHA-512 of the whole file. */
  readonly fileHash: Buffer;
  /** 1 or more. */
  readonly chunkCount: number;
  /**
   * The bytes of a chunk. Valid until the file is closed.
   * @param index 1-based
   * @returns undefined: they are no longer what was hashed
   */
  read(index: number): Promise<Buffer | undefined>;
}

/** Keeps the whole file in memory: read once. @returns undefined: the file has less than `sizeBytes` */
export async function wholeFile(
  handle: FileHandle,
  sizeBytes: number,
  chunkBytes: number,
): Promise<ChunkSource | undefined> {
  const bytes = Buffer.allocUnsafe(sizeBytes);
  if (!(await fill(handle, bytes, 0))) return undefined;
  return {
    fileHash: hash('sha512', bytes, 'buffer'),
    chunkCount: Math.ceil(sizeBytes / chunkBytes),
    read: index => Promise.resolve(bytes.subarray((index - 1) * chunkBytes, index * chunkBytes)),
  };
}

/**
 * Reads a file twice, once to hash it and once to send it, as the hash of the whole stands in its first chunk. A checksum of
 * each chunk is kept from the first time, so that bytes that changed in between are not sent.
 *
 * @returns undefined: the file has less than `sizeBytes`, or `signal` was given
 */
export async function readTwice(
  handle: FileHandle,
  sizeBytes: number,
  chunkBytes: number,
  signal: AbortSignal,
): Promise<ChunkSource | undefined> {
  const chunkCount = Math.ceil(sizeBytes / chunkBytes);
  const lengthOf = (index: number): number => Math.min(chunkBytes, sizeBytes - (index - 1) * chunkBytes);
  const startOf = (index: number): number => (index - 1) * chunkBytes;
  const checksums = new Uint32Array(chunkCount + 1);
  const fileHash = createHash('sha512');
  // While one is hashed the other one is filled.
  let [current, next] = [Buffer.allocUnsafe(chunkBytes), Buffer.allocUnsafe(chunkBytes)];
  let reading = fill(handle, current.subarray(0, lengthOf(1)), 0);
  for (let index = 1; index <= chunkCount; index += 1) {
    if (!(await reading) || signal.aborted) return undefined;
    if (index < chunkCount) reading = fill(handle, next.subarray(0, lengthOf(index + 1)), startOf(index + 1));
    const data = current.subarray(0, lengthOf(index));
    checksums[index] = crc32(data);
    fileHash.update(data);
    [current, next] = [next, current];
  }
  return {
    fileHash: fileHash.digest(),
    chunkCount,
    async read(index) {
      const data = Buffer.allocUnsafe(lengthOf(index));
      const isWhole = await fill(handle, data, startOf(index));
      return isWhole && crc32(data) === checksums[index] ? data : undefined;
    },
  };
}

/** @returns false when the file ends before the buffer is full */
async function fill(handle: FileHandle, buffer: Buffer, startByte: number): Promise<boolean> {
  let filled = 0;
  while (filled < buffer.length) {
    const { bytesRead } = await handle.read(buffer, filled, buffer.length - filled, startByte + filled);
    if (bytesRead === 0) return false;
    filled += bytesRead;
  }
  return true;
}
