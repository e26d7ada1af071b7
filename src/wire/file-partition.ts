import type { SafeFilePath } from './safe-file-path.js';

/**
 * The partition on which all chunks of a file lie in the by-file layout: what Kafka's Java client gives a message whose key is
 * the path, so that other programs can lay files out in the same way.
 *
 * By path and not by content, as the versions of one path are processed one after another.
 *
 * @param path as `safeFilePath` gives it
 * @param partitionCount 1 or more
 */
export function filePartition(path: SafeFilePath['path'], partitionCount: number): number {
  return keyPartition(Buffer.from(path), partitionCount);
}

/**
 * The partition that Kafka's Java client gives a key.
 *
 * @param partitionCount 1 or more
 */
export function keyPartition(key: Uint8Array, partitionCount: number): number {
  return (murmur2(key) & 0x7fff_ffff) % partitionCount;
}

const seed = 0x9747_b28c;
const multiplier = 0x5bd1_e995;

/**
 * MurmurHash2 with Kafka's seed. Kafka takes the words little-endian, on every system.
 *
 * @returns a signed 32-bit integer, as in Java
 */
export function murmur2(bytes: Uint8Array): number {
  const wordsEnd = bytes.length - (bytes.length % 4);
  let state = seed ^ bytes.length;
  for (let at = 0; at < wordsEnd; at += 4) {
    const word = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
    const scrambled = Math.imul(word, multiplier);
    state = Math.imul(state, multiplier) ^ Math.imul(scrambled ^ (scrambled >>> 24), multiplier);
  }
  for (let at = bytes.length - 1; at >= wordsEnd; at -= 1) state ^= bytes[at]! << (8 * (at - wordsEnd));
  if (wordsEnd < bytes.length) state = Math.imul(state, multiplier);
  state = Math.imul(state ^ (state >>> 13), multiplier);
  return state ^ (state >>> 15);
}
