import type { InputError } from '../errors.js';
import type { BadChunk } from './bad-chunk.js';
import { placeText, type ChunkPosition } from './held-chunk.js';

/** Of one file; the oldest are forgotten. */
const mostPlaces = 20_000;

/** Where messages of a file lie that were given up: none is to get a second dead letter. */
export class GivenUp {
  readonly #places = new Set<string>();

  add(position: ChunkPosition): void {
    this.#places.add(placeText(position));
    if (this.#places.size <= mostPlaces) return;
    for (const oldest of this.#places) {
      this.#places.delete(oldest);
      return;
    }
  }

  /** The message is given up now. @returns undefined when it was before */
  giveUp({ partition, offset }: ChunkPosition, error: InputError): BadChunk | undefined {
    if (this.#places.has(placeText({ partition, offset }))) return undefined;
    this.add({ partition, offset });
    return { partition, offset, error };
  }
}
