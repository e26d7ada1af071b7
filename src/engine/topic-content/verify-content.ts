import { createHash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { crc32 } from 'node:zlib';
import type { ChunkPosition, HeldChunk } from '../../assembly/held-chunk.js';
import type { TopicContent } from '../../assembly/topic-content.js';
import { ChunksAhead } from './chunks-ahead.js';
import type { ContentHash } from './content-hash.js';
import type { ContentReader } from './content-reader.js';
import { contentWindows } from './content-windows.js';

export interface ContentReadingParts {
  readonly reader: Pick<ContentReader, 'read'>;
  readonly windowBytes: number;
  /** @param isSure it must not fail: the one before it could not be computed */
  readonly newHash: (isSure: boolean) => ContentHash;
}

export type ContentCheck =
  /** `sums`: CRC-32 of each chunk, so that another reading is known to be the same as it goes on. */
  | { readonly kind: 'matches'; readonly sums: Uint32Array }
  | { readonly kind: 'differs'; readonly damagedIndexes: readonly number[] }
  | { readonly kind: 'gone'; readonly missing: readonly ChunkPosition[] };

/**
 * Reads a content once, window by window, and compares its hash. Where it is another one, it is read once more to find out which chunks
 * are damaged.
 *
 * @throws the reason of the signal, or that the worker ends
 */
export async function verifyContent(
  content: TopicContent,
  parts: ContentReadingParts,
  signal: AbortSignal,
): Promise<ContentCheck> {
  for (const isSure of [false, true]) {
    const sums = new Uint32Array(content.chunks.length);
    const hash = parts.newHash(isSure);
    try {
      let at = 0;
      const missing = await forEachWindow(content, parts, signal, async (window, bytes) => {
        for (const data of dataOf(window, bytes)) sums[at++] = crc32(data);
        await hash.add(bytes);
      });
      if (missing !== undefined) return { kind: 'gone', missing };
      const digest = await hash.digest();
      if (digest === undefined) continue;
      return digest.equals(content.fileHash)
        ? { kind: 'matches', sums }
        : await findDamaged(content, parts, signal);
    } finally {
      hash.forget();
    }
  }
  throw new Error('no hash can be computed');
}

async function findDamaged(
  content: TopicContent,
  parts: ContentReadingParts,
  signal: AbortSignal,
): Promise<ContentCheck> {
  const damagedIndexes: number[] = [];
  const missing = await forEachWindow(content, parts, signal, async (window, bytes) => {
    let at = 0;
    for (const data of dataOf(window, bytes)) {
      const { index, chunkHash } = window[at++]!;
      if (!createHash('sha512').update(data).digest().equals(chunkHash)) damagedIndexes.push(index);
      await nextTurn();
    }
  });
  return missing === undefined ? { kind: 'differs', damagedIndexes } : { kind: 'gone', missing };
}

/** The next window is read while `use` looks at one. @returns what is not there any more; undefined: all was read */
async function forEachWindow(
  content: TopicContent,
  { reader, windowBytes }: ContentReadingParts,
  signal: AbortSignal,
  use: (window: readonly HeldChunk[], bytes: Uint8Array) => Promise<void>,
): Promise<readonly ChunkPosition[] | undefined> {
  const kept = new ChunksAhead();
  let used = Promise.resolve();
  for (const window of contentWindows(content.chunks, windowBytes)) {
    const read = await reader.read(content, window, kept, signal);
    await used;
    if (read.kind === 'gone') return read.missing;
    used = use(window.chunks, read.bytes);
    // Whoever awaits it is told.
    used.catch(() => undefined);
  }
  await used;
  return undefined;
}

/** The bytes of each chunk of a window. */
export function* dataOf(window: readonly HeldChunk[], bytes: Uint8Array): Generator<Uint8Array> {
  let at = 0;
  for (const { byteLength } of window) {
    yield bytes.subarray(at, at + byteLength);
    at += byteLength;
  }
}
