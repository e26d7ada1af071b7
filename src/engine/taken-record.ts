import type { ChunkPosition } from '../assembly/held-chunk.js';
import type { FileTooLargeError } from '../errors.js';
import type { OpenFile } from './open-file.js';

/** What became of a record: `settled` also for a chunk that is now held, then with its file. */
export type TakenRecord =
  | { readonly kind: 'settled'; readonly file?: OpenFile }
  /** It made its file whole. */
  | { readonly kind: 'complete'; readonly file: OpenFile }
  /** It says that its file does not fit. */
  | { readonly kind: 'too-large'; readonly file: OpenFile; readonly bad: TooLargeChunk };

/** A chunk that says that its file is larger than this worker takes. */
export interface TooLargeChunk extends ChunkPosition {
  readonly error: FileTooLargeError;
}

export const settledRecord: TakenRecord = { kind: 'settled' };
