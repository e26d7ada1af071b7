import type { HeldChunk } from './held-chunk.js';

/** The content of a whole file of which nothing is held: it is read from the topic each time that it is needed. */
export interface TopicContent {
  /** Names the version that each of the chunks says it is part of. */
  readonly versionId: string;
  readonly path: string;
  /** SHA-512 that the content should have. */
  readonly fileHash: Buffer;
  /** Length of the file in bytes. */
  readonly size: number;
  /** What it is made of, in the order of their bytes, without a gap. */
  readonly chunks: readonly HeldChunk[];
}
