/** More than this is left to the garbage collector, however much may be held. */
const mostFreeBytes = 16 * 1024 * 1024;
/** And more than this part of what may be held. */
const freeShare = 8;

/**
 * Memory for copies of chunks that are needed for a moment only, used again and again: fresh memory for each costs page faults, and
 * leaves gaps between what lives longer, so that the process grows.
 */
export class ChunkBuffers {
  readonly #free: Buffer[] = [];
  readonly #mostFreeBytes: number;
  #freeBytes = 0;

  /** @param budgetBytes that may be held in memory */
  constructor(budgetBytes: number) {
    this.#mostFreeBytes = Math.min(mostFreeBytes, budgetBytes / freeShare);
  }

  /** @returns memory of the same length with the same bytes; give it back once nobody looks at it any more */
  copy(data: Uint8Array): Buffer {
    const buffer = this.#take(data.length) ?? Buffer.allocUnsafeSlow(data.length);
    buffer.set(data);
    return buffer;
  }

  giveBack(buffer: Buffer): void {
    if (this.#freeBytes + buffer.length > this.#mostFreeBytes) return;
    this.#free.push(buffer);
    this.#freeBytes += buffer.length;
  }

  /** Most chunks have the same length; one that has not gets memory of its own. */
  #take(byteLength: number): Buffer | undefined {
    const last = this.#free.pop();
    if (last === undefined) return undefined;
    this.#freeBytes -= last.length;
    return last.length === byteLength ? last : undefined;
  }
}
