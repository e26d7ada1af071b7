import type { LogLine } from '../../logger.js';
import type { ContentAnswer, ContentRequest } from '../content/content-messages.js';
import type { FileProgress, FileReady, SerializedError } from '../file-work.js';
import type { MethodResult } from '../invoke-method.js';

/**
 * What goes between the worker and a child, a thread or process that calls the method. All of it is structured-cloneable. A child
 * makes one call at a time.
 */
export type ToChild =
  /** The first one. What is in it is for who makes the instance, see `ChildStart`. */
  | { readonly kind: 'begin'; readonly start: unknown }
  /** The worker was told to stop while the child starts. */
  | { readonly kind: 'stopping'; readonly reason: string }
  | {
      readonly kind: 'call';
      readonly file: FileForChild;
      readonly attempt: number;
      /** The worker holds the lock for this call. */
      readonly holdsLock: boolean;
      /** The bytes of the file are not in this message; they come on a pipe, see `readFromWorker`. */
      readonly bytesFollow?: true;
    }
  | { readonly kind: 'abort'; readonly reason: AbortReason }
  | { readonly kind: 'content'; readonly answer: ContentAnswer }
  | { readonly kind: 'lock-granted'; readonly request: number }
  /** The last one. */
  | { readonly kind: 'end'; readonly summary: unknown };

export type FromChild =
  /** Calls can be made. */
  | { readonly kind: 'ready' }
  /** No calls will be made, because of the class, its options, or what `onStart` threw. */
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  | { readonly kind: 'returned'; readonly result: MethodResult }
  | { readonly kind: 'progress'; readonly progress: FileProgress }
  | { readonly kind: 'content'; readonly request: ContentRequest }
  | { readonly kind: 'log'; readonly line: LogLine }
  | { readonly kind: 'lock'; readonly request: number }
  /** Gives the lock back, or no longer waits for it. */
  | { readonly kind: 'unlock'; readonly request: number }
  /** An error that nothing in the child has handled; it is about to die of it. */
  | { readonly kind: 'uncaught'; readonly error: SerializedError }
  /** `onStop` has ended; the child ends now. */
  | { readonly kind: 'ended'; readonly error?: SerializedError };

/** A file as it is sent: its bytes are a copy, as a further attempt may need them when the child is dead. */
export type FileForChild = Omit<FileReady, 'bytes' | 'trace' | 'firstChunkAtMs'> & {
  readonly bytes?: Uint8Array;
};

export interface AbortReason {
  readonly kind: 'timed-out' | 'discarded';
  readonly message: string;
}

export interface Refusal {
  /** `usage`: somebody must change code or configuration. `on-start`: the hook threw. */
  readonly kind: 'usage' | 'on-start' | 'failed';
  readonly error: SerializedError;
}
