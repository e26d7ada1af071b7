import { seededRandom } from '../invariants/harness/seeded-random.js';

/**
 * Random numbers by name: each name has a sequence of its own that depends on the seed and the name only. So when a plan is made
 * smaller, what is left of it behaves as before as far as it can.
 */
export class RandomStreams {
  readonly #seed: number;
  readonly #streams = new Map<string, () => number>();

  constructor(seed: number) {
    this.#seed = seed;
  }

  /** From 0 (included) to 1. */
  next(name: string): number {
    let stream = this.#streams.get(name);
    if (stream === undefined) {
      stream = seededRandom(hashOf(name, this.#seed));
      this.#streams.set(name, stream);
    }
    return stream();
  }

  /** A whole number from `least` to `most`, both included. */
  whole(name: string, least: number, most: number): number {
    return least + Math.floor(this.next(name) * (most - least + 1));
  }

  chance(name: string, probability: number): boolean {
    return this.next(name) < probability;
  }
}

/** FNV-1a over the seed and the name. */
function hashOf(name: string, seed: number): number {
  let state = Math.imul(0x811c9dc5 ^ seed, 0x01000193);
  for (let at = 0; at < name.length; at += 1) state = Math.imul(state ^ name.charCodeAt(at), 0x01000193);
  return state >>> 0;
}
