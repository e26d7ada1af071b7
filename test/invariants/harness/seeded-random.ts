import { createCipheriv, createHash } from 'node:crypto';

/**
 * A generator of numbers from 0 (included) to 1 that gives the same sequence for the same seed, so that a failed run
 * can be repeated. Algorithm: mulberry32.
 */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** A whole number from `least` to `most`, both included. */
export function wholeBetween(random: () => number, least: number, most: number): number {
  return least + Math.floor(random() * (most - least + 1));
}

/** Bytes that no compression makes smaller, the same for the same name: an AES key stream. */
export function seededBytes(name: string, byteLength: number): Buffer {
  const key = createHash('sha256').update(name).digest();
  const cipher = createCipheriv('aes-128-ctr', key.subarray(0, 16), key.subarray(16));
  return cipher.update(Buffer.alloc(byteLength));
}

/** In place (Fisher and Yates). */
export function shuffle<T>(list: T[], random: () => number): T[] {
  for (let last = list.length - 1; last > 0; last -= 1) {
    const other = wholeBetween(random, 0, last);
    [list[last], list[other]] = [list[other]!, list[last]!];
  }
  return list;
}
