import { MappedMemory } from './mapped-memory.js';

/** More than this goes back to the system, however much may be held. */
const mostFreeBytes = 16 * 1024 * 1024;
/** And more than this part of what may be held. */
const freeShare = 8;

/**
 * Memory for copies of chunks that are needed for a moment only, used again and again: fresh memory for each costs page faults, and
 * what is left to the garbage collector and the allocator stays with the process: as much as was held at the worst moment, and again
 * as much that is not collected yet.
 */
export class ChunkBuffers {
  readonly #free: Buffer[] = [];
  readonly #memory = new MappedMemory();
  readonly #mostFreeBytes: number;
  #freeBytes = 0;

  /** @param budgetBytes that may be held in memory */
  constructor(budgetBytes: number) {
    this.#mostFreeBytes = Math.min(mostFreeBytes, budgetBytes / freeShare);
  }

  /** @returns memory of the same length with the same bytes; give it back once nobody looks at it any more */
  copy(data: Uint8Array): Buffer {
    const buffer = this.#take(data.length) ?? this.#memory.allocate(data.length);
    buffer.set(data);
    return buffer;
  }

  /** Whoever still looks at it may find it empty. */
  giveBack(buffer: Buffer): void {
    if (this.#freeBytes + buffer.length > this.#mostFreeBytes) {
      this.#memory.free(buffer);
      return;
    }
    this.#free.push(buffer);
    this.#freeBytes += buffer.length;
  }

  /** Most chunks have the same length; one that has not gets memory of its own. */
  #take(byteLength: number): Buffer | undefined {
    const last = this.#free.pop();
    if (last === undefined) return undefined;
    this.#freeBytes -= last.length;
    if (last.length === byteLength) return last;
    this.#memory.free(last);
    return undefined;
  }
}
