import { FileTooLargeError } from '../errors.js';
import type { ByteRange, ByteStore } from './byte-store.js';
import type { FileMemory } from './file-memory.js';

/** First allocation at most so large, whatever the chunks promise: a hostile count must not cost memory. */
const maxFirstAllocationBytes = 64 * 1024 * 1024;

/**
 * And at most this part of what may be held: of many files at once each has a chunk or two at first, and memory that was
 * written to once stays with the process.
 */
const firstShare = 16;

/** Bytes that follow those that were taken for a hash before; from byte 0 on: a new one begins. */
export interface BytesToHash {
  readonly startByte: number;
  readonly bytes: Uint8Array;
}

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
  readonly #memory: FileMemory;
  #hashedBytes = 0;
  /** The memory is somebody else's. */
  #isGiven = false;

  /** @throws {FileTooLargeError} when not even the first allocation is possible */
  constructor(expectedBytes: number, maxBytes: number, memory: FileMemory) {
    this.#maxBytes = maxBytes;
    this.#memory = memory;
    this.#bytes = this.#allocate(
      Math.min(expectedBytes, maxFirstAllocationBytes, Math.ceil(maxBytes / firstShare)),
    );
  }

  /** @throws {FileTooLargeError} when the chunk ends beyond the largest file allowed. Nothing was written then. */
  write(startByte: number, data: Uint8Array): void {
    const end = startByte + data.length;
    if (end > this.#bytes.length) this.#grow(end);
    this.#bytes.set(data, startByte);
    if (startByte < this.#hashedBytes) this.#hashedBytes = 0;
  }

  /** So many bytes at the beginning were taken for a hash, and have not been written since. */
  get hashedBytes(): number {
    return this.#hashedBytes;
  }

  /** The next bytes for a hash: up to `endByte`, at most `mostBytes`. A view, valid until the next `write`. */
  takeToHash(endByte: number, mostBytes: number): BytesToHash {
    const startByte = this.#hashedBytes;
    this.#hashedBytes = Math.min(endByte, startByte + mostBytes);
    return { startByte, bytes: this.#bytes.subarray(startByte, this.#hashedBytes) };
  }

  /** There is no hash of the first bytes any more. */
  forgetHash(): void {
    this.#hashedBytes = 0;
  }

  view({ startByte, byteLength }: ByteRange): Buffer {
    return this.#bytes.subarray(startByte, startByte + byteLength);
  }

  /** As `release`, at once: nobody looks at the bytes any more. */
  free(): void {
    if (!this.#isGiven) this.#memory.free(this.#bytes);
    this.#forget();
  }

  release(): void {
    if (!this.#isGiven) this.#memory.leave(this.#bytes);
    this.#forget();
  }

  /**
   * Memory that begins with the first `byteLength` bytes. The FileBuffer must not be used any more once it was transferred, and not be
   * written to.
   */
  handOver(byteLength: number): ArrayBuffer {
    if (this.#isGiven) return this.#bytes.buffer as ArrayBuffer;
    const memory = this.#memory.handOver(this.#bytes, byteLength);
    this.#bytes = Buffer.from(memory);
    this.#isGiven = true;
    return memory;
  }

  #forget(): void {
    this.#isGiven = true;
    this.#bytes = Buffer.alloc(0);
  }

  #grow(needed: number): void {
    if (needed > this.#maxBytes) {
      throw new FileTooLargeError(
        `the chunk ends at byte ${needed}; files of at most ${this.#maxBytes} bytes can be held in memory`,
      );
    }
    const grown = this.#allocate(Math.min(Math.max(needed, this.#bytes.length * 2), this.#maxBytes));
    this.#bytes.copy(grown);
    this.#memory.free(this.#bytes);
    this.#bytes = grown;
  }

  #allocate(byteLength: number): Buffer {
    try {
      return this.#memory.allocate(byteLength);
    } catch (error) {
      throw new FileTooLargeError(`no ${byteLength} bytes of memory left for a file`, { cause: error });
    }
  }
}
