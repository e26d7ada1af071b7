import type { HeldChunk } from '../../assembly/held-chunk.js';

/** Of the memory budget: a window is read while the one before it is looked at. */
const windowShare = 1 / 32;
const mostWindowBytes = 8 * 1024 * 1024;

/**
 * Bytes of a content that are read from the topic at a time. A window with one chunk is as large as that, however little this is.
 *
 * The more of them, the more neighbours on the topic are in one window where chunks lie scattered, and are read with one request.
 */
export function contentWindowBytes(budgetBytes: number): number {
  return Math.max(1, Math.min(mostWindowBytes, Math.floor(budgetBytes * windowShare)));
}

/**
 * Cuts a content into what is read at a time.
 * @param chunks in the order of their bytes
 * @returns them in the same order, as many at a time as fit, at least one
 */
export function* contentWindows(
  chunks: readonly HeldChunk[],
  windowBytes: number,
): Generator<readonly HeldChunk[]> {
  let window: HeldChunk[] = [];
  let byteLength = 0;
  for (const chunk of chunks) {
    if (window.length > 0 && byteLength + chunk.byteLength > windowBytes) {
      yield window;
      window = [];
      byteLength = 0;
    }
    window.push(chunk);
    byteLength += chunk.byteLength;
  }
  if (window.length > 0) yield window;
}
