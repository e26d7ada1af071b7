import type { BadChunk } from './bad-chunk.js';
import type { ChunkPosition } from './held-chunk.js';

/** What a chunk changed. */
export type AddedChunk =
  | { readonly kind: 'incomplete'; readonly missingCount: number }
  | { readonly kind: 'duplicate' }
  /** All chunks of a content are known; once the bytes of `missingBytes` are read too, it can be verified. */
  | { readonly kind: 'complete' }
  /** The copy held until now was damaged and this one is good: it took its place. */
  | { readonly kind: 'replaced'; readonly bad: BadChunk | undefined }
  /** A further copy of a chunk on disk: it was written once more, as what is there may be damaged. Then only this one is good. */
  | { readonly kind: 'rewritten'; readonly earlier: ChunkPosition }
  /** It was read again, and found to be damaged: it is not part of the file any more. */
  | { readonly kind: 'spoiled'; readonly bad: BadChunk | undefined };

/** What is left after the content did not have the file's hash. */
export interface Refuted {
  readonly bad: readonly BadChunk[];
  /**
   * `complete`: another content can be verified. `corrupt`: no content that the chunks allow has the hash, though each of them has its
   * own: unless another chunk comes, the file's hash itself is wrong.
   */
  readonly next: 'incomplete' | 'complete' | 'corrupt';
}
