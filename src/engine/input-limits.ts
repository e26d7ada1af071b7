import { FileTooLargeError } from '../errors.js';
import type { FileChunk } from '../wire/file-chunk.js';

/** What a message may ask for; default: no limit. */
export interface InputLimits {
  readonly maxChunkCount: number;
  readonly maxChunkBytes: number;
  readonly maxOpenFiles: number;
  readonly maxPathBytes: number;
}

/** @throws {FileTooLargeError} the chunk is too large, or one of too many */
export function checkChunkLimits(
  { data, count }: FileChunk,
  { maxChunkBytes = Infinity, maxChunkCount = Infinity }: Partial<InputLimits> = {},
): void {
  if (data.length > maxChunkBytes)
    throw new FileTooLargeError(
      `a chunk has ${data.length} bytes; chunks of at most ${maxChunkBytes} bytes are taken (--max-chunk-size)`,
    );
  if (count > maxChunkCount)
    throw new FileTooLargeError(
      `it was sent in ${count} chunks; files of at most ${maxChunkCount} chunks are taken (--max-chunks)`,
    );
}
