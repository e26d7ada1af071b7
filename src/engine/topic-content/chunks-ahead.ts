import type { HeldChunk } from '../../assembly/held-chunk.js';

/**
 * Chunks of a content that came before their turn: a broker gives out whole batches, and what of a batch belongs to the next windows would
 * be fetched with each of them again. Of one reading; whoever keeps chunks sees that they are few.
 */
export class ChunksAhead {
  readonly #dataByIndex = new Map<number, Uint8Array>();

  /** Copies the data. */
  keep({ index }: HeldChunk, data: Uint8Array): void {
    if (!this.#dataByIndex.has(index)) this.#dataByIndex.set(index, Buffer.from(data));
  }

  /** @returns undefined: it has not come */
  take({ index }: HeldChunk): Uint8Array | undefined {
    const data = this.#dataByIndex.get(index);
    this.#dataByIndex.delete(index);
    return data;
  }
}
