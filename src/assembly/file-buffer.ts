import { FileTooLargeError } from '../errors.js';
import type { ByteRange, ByteStore } from './byte-store.js';
import { freeMemory } from './free-memory.js';

/** First allocation at most so large, whatever the chunks promise: a hostile count must not cost memory. */
const maxFirstAllocationBytes = 64 * 1024 * 1024;

/**
 * And at most this part of what may be held: of many files at once each has a chunk or two at first, and memory that was
 * written to once stays with the process.
 */
const firstShare = 16;

/**
 * The bytes of one file while its chunks arrive. Each chunk is copied once, to its place.
 *
 * The size of a file is unknown until its last chunk is seen, so the capacity is a guess that grows by doubling. The
 * memory is not cleared first; bytes that no chunk has written are never handed out.
 */
export class FileBuffer implements ByteStore {
  readonly part = undefined;
  #bytes: Buffer;
  readonly #maxBytes: number;

  /** @throws {FileTooLargeError} when not even the first allocation is possible */
  constructor(expectedBytes: number, maxBytes: number) {
    this.#maxBytes = maxBytes;
    this.#bytes = allocate(
      Math.min(expectedBytes, maxFirstAllocationBytes, Math.ceil(maxBytes / firstShare)),
    );
  }

  /** @throws {FileTooLargeError} when the chunk ends beyond the largest file allowed. Nothing was written then. */
  write(startByte: number, data: Uint8Array): void {
    const end = startByte + data.length;
    if (end > this.#bytes.length) this.#grow(end);
    this.#bytes.set(data, startByte);
  }

  view({ startByte, byteLength }: ByteRange): Buffer {
    return this.#bytes.subarray(startByte, startByte + byteLength);
  }

  fork(ranges: readonly ByteRange[]): FileBuffer {
    const copy = new FileBuffer(this.#bytes.length, this.#maxBytes);
    for (const range of ranges) copy.write(range.startByte, this.view(range));
    return copy;
  }

  /** As `release`, at once: nobody looks at the bytes any more. */
  free(): void {
    freeMemory(this.#bytes);
    this.release();
  }

  release(): void {
    this.#bytes = Buffer.alloc(0);
  }

  /** The memory itself; the file is its first bytes. The FileBuffer must not be used any more once it was transferred. */
  get memory(): ArrayBuffer {
    return this.#bytes.buffer as ArrayBuffer;
  }

  #grow(needed: number): void {
    if (needed > this.#maxBytes) {
      throw new FileTooLargeError(
        `the chunk ends at byte ${needed}; files of at most ${this.#maxBytes} bytes can be held in memory`,
      );
    }
    const grown = allocate(Math.min(Math.max(needed, this.#bytes.length * 2), this.#maxBytes));
    this.#bytes.copy(grown);
    freeMemory(this.#bytes);
    this.#bytes = grown;
  }
}

function allocate(byteLength: number): Buffer {
  try {
    // Not from the pool: the memory is transferred to another thread as a whole.
    return Buffer.allocUnsafeSlow(byteLength);
  } catch (error) {
    throw new FileTooLargeError(`no ${byteLength} bytes of memory left for a file`, { cause: error });
  }
}
