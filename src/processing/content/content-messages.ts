import type { SerializedError } from '../file-work.js';

/** What is asked of a content over a border between threads or processes. Who asks gives the readings their numbers. */
export type ContentRequest =
  /** The next bytes of a reading, which begins with the first request for some. */
  | { readonly kind: 'next'; readonly readingId: number; readonly workId: number }
  | { readonly kind: 'close'; readonly readingId: number };

/** To each `next` one, unless the reading is closed meanwhile. */
export type ContentAnswer =
  | { readonly kind: 'bytes'; readonly readingId: number; readonly bytes: Uint8Array }
  | { readonly kind: 'end'; readonly readingId: number }
  | {
      readonly kind: 'failed';
      readonly readingId: number;
      readonly error: SerializedError;
      readonly isRetriable: boolean;
    };
