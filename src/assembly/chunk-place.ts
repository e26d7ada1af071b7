import { FileTooLargeError } from '../errors.js';
import type { FileChunk } from '../wire/file-chunk.js';
import type { HeldChunk } from './held-chunk.js';

/** Kafka takes no larger message; what lies further away than its chunks can reach is a lie. */
const maxChunkBytes = 2 ** 30;

interface Border {
  readonly index: number;
  readonly byte: number;
}

const beginning: Border = { index: 0, byte: 0 };

/**
 * Whether chunk `to.index` may begin at `to.byte` when chunk `from.index` ends at `from.byte`: each chunk between has at
 * least one byte.
 */
export function mayFollow(from: Border, to: Border): boolean {
  const between = to.index - from.index - 1;
  const gap = to.byte - from.byte;
  return gap >= between && gap <= between * maxChunkBytes;
}

/** Whether a file can have the chunk where it says, whatever the others say. */
export function canLie({ index, startByte }: FileChunk): boolean {
  return mayFollow(beginning, { index, byte: startByte });
}

/** Whether the chunk can lie there when all chunks of the file but the last have one size, as uploaders cut them. */
export function isRegularPlace({ index, startByte, byteLength }: HeldChunk, count: number): boolean {
  if (index < count) return startByte === (index - 1) * byteLength;
  if (count === 1) return startByte === 0;
  const sizeOfOthers = startByte / (count - 1);
  return Number.isInteger(sizeOfOthers) && sizeOfOthers >= byteLength;
}

/**
 * Looks at what the chunk says of its file, before any memory is taken by it.
 *
 * @throws {FileTooLargeError} it claims a file that is larger than `maxBytes`
 */
export function checkClaim(chunk: FileChunk, maxBytes: number): void {
  const claimedBytes = leastFileBytes(chunk);
  if (claimedBytes <= maxBytes) return;
  throw new FileTooLargeError(
    `chunk ${chunk.index} of ${chunk.count} claims a file of ${claimedBytes} bytes or more; ` +
      `files of at most ${maxBytes} bytes are taken (--max-file-size)`,
  );
}

/** All chunks of a file but the last have one size. */
function leastFileBytes(chunk: FileChunk): number {
  const followingCount = chunk.count - chunk.index;
  const end = chunk.startByte + chunk.data.length + followingCount;
  return followingCount === 0 ? end : Math.max(end, (chunk.count - 1) * chunk.data.length + 1);
}

/** An upper bound where all chunks but the last have one size, exact when the last chunk comes first. */
export function expectedFileBytes(chunk: FileChunk): number {
  const end = chunk.startByte + chunk.data.length;
  return chunk.index === chunk.count ? end : Math.max(chunk.data.length * chunk.count, end);
}
