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

/** What is kept beside them of chunks that came with others before their turn, in windows. */
const windowsAhead = 2;

/** Bytes in memory while a content is read: one window is looked at while the next one is read, and what is kept ahead. */
export function contentReadingBytes(budgetBytes: number): number {
  return (2 + windowsAhead) * contentWindowBytes(budgetBytes);
}

export interface ContentWindow {
  /** As many as fit, at least one. */
  readonly chunks: readonly HeldChunk[];
  /** Those after them that are worth keeping when they come as well. */
  readonly ahead: readonly HeldChunk[];
}

/**
 * Cuts a content into what is read at a time.
 * @param chunks in the order of their bytes
 * @returns them in the same order
 */
export function* contentWindows(chunks: readonly HeldChunk[], windowBytes: number): Generator<ContentWindow> {
  for (let from = 0; from < chunks.length;) {
    const to = Math.max(from + 1, endOf(chunks, from, windowBytes));
    const end = endOf(chunks, to, windowsAhead * windowBytes);
    yield { chunks: chunks.slice(from, to), ahead: chunks.slice(to, end) };
    from = to;
  }
}

/** Behind the last one that fits. */
function endOf(chunks: readonly HeldChunk[], from: number, mostBytes: number): number {
  let end = from;
  for (let byteLength = 0; end < chunks.length; end += 1) {
    byteLength += chunks[end]!.byteLength;
    if (byteLength > mostBytes) break;
  }
  return end;
}
