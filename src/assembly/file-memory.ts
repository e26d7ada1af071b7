import { isMapped, MappedMemory } from './mapped-memory.js';

/** From here on the allocator of the C library asks the system each time, and gives back what is freed. */
const largeBytes = 32 * 1024 * 1024;
/** Of the budget: above, the process would keep what files held that went to disk. */
const ordinaryShare = 1 / 4;

/**
 * Memory for files while their chunks arrive.
 *
 * Of many files at once each has memory for all of itself and a chunk or two in it. Fresh from the system that costs no more than the
 * chunks; but what the allocator has from files that went to disk was written to, and each file that gets it costs its whole length.
 * So only a quarter of the budget is ordinary memory. The rest comes from the system and goes back to it, and a file that is handed over
 * from there is copied.
 */
export class FileMemory {
  readonly #mapped = new MappedMemory();
  readonly #mostOrdinaryBytes: number;
  #ordinaryBytes = 0;

  /** @param budgetBytes that may be held in memory */
  constructor(budgetBytes: number) {
    this.#mostOrdinaryBytes = budgetBytes * ordinaryShare;
  }

  /** @throws {RangeError} there is none */
  allocate(byteLength: number): Buffer {
    const isOrdinary =
      byteLength >= largeBytes || this.#ordinaryBytes + byteLength <= this.#mostOrdinaryBytes;
    // Not from the pool: the memory is transferred to another thread as a whole.
    const bytes = isOrdinary ? Buffer.allocUnsafeSlow(byteLength) : this.#mapped.allocate(byteLength);
    if (!isMapped(bytes)) this.#ordinaryBytes += byteLength;
    return bytes;
  }

  /** @returns memory that begins with the first `byteLength` bytes, to be transferred; the buffer is of no use any more */
  handOver(bytes: Buffer, byteLength: number): ArrayBuffer {
    if (!isMapped(bytes)) {
      this.leave(bytes);
      return bytes.buffer as ArrayBuffer;
    }
    const copy = Buffer.allocUnsafeSlow(byteLength);
    bytes.copy(copy, 0, 0, byteLength);
    this.free(bytes);
    return copy.buffer;
  }

  /** Nobody looks at the buffer any more. */
  free(bytes: Buffer): void {
    if (!isMapped(bytes)) this.#ordinaryBytes -= bytes.length;
    this.#mapped.free(bytes);
  }

  /** It is left to the garbage collector, as somebody may still look at it. */
  leave(bytes: Buffer): void {
    if (isMapped(bytes)) this.#mapped.leave();
    else this.#ordinaryBytes -= bytes.length;
  }
}
