import type { TraceContext } from '../wire/trace-context.js';
import type { DataFileInfo } from './data-file.js';

/**
 * The messages between the engine (its own thread) and the processing of files (the thread of the user's class).
 * All are structured-cloneable; `bytes` is transferred, not copied.
 */

/** A verified file for the user's method. */
export interface FileReady {
  readonly workId: number;
  readonly info: DataFileInfo;
  /** Holds the content in its first `size` bytes; undefined: see `storedAt` and `isOnTopic`. */
  readonly bytes?: ArrayBuffer;
  readonly size: number;
  /** The content is held nowhere: it is read from the topic, as the engine's `content` answers. */
  readonly isOnTopic?: true;
  /** Absolute path of the content on disk, which stays until the file has its outcome. */
  readonly storedAt?: string;
  /** Absolute path of the file below the output directory, where it stays. */
  readonly localPath?: string;
  /** When its first chunk came to this worker, milliseconds since 1970. */
  readonly firstChunkAtMs?: number;
  /** What its chunks say of the trace that they belong to. */
  readonly trace?: TraceContext;
  /** The same for the same file content, class name and class version, whatever crashed. */
  readonly resultId: string;
}

/** One message to produce, completely encoded. */
export interface OutgoingMessage {
  readonly topic: string;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: Readonly<Record<string, string>>;
  /** Further headers, whose values are no texts. */
  readonly binaryHeaders?: Readonly<Record<string, Uint8Array>>;
  /** Milliseconds since 1970; undefined: time of sending. */
  readonly timestampMs?: number;
}

/** Why the engine no longer wants the outcome of a file it handed over. */
export type DiscardReason = 'stopped' | 'partition-lost';

/** What became of a file. `discarded`: the engine no longer wants the result (stop or partition lost). */
export type FileOutcome =
  | { readonly kind: 'done'; readonly messages: readonly OutgoingMessage[]; readonly skipped?: string }
  | { readonly kind: 'failed'; readonly reason: FailureReason; readonly error: SerializedError }
  | { readonly kind: 'discarded' };

export const failureReasons = ['threw', 'timed-out', 'returned-nothing', 'bad-result', 'crashed'] as const;
export type FailureReason = (typeof failureReasons)[number];

export interface SerializedError {
  readonly name: string;
  readonly message: string;
  readonly stack?: string;
  readonly code?: string;
}

export interface FileSettled {
  readonly workId: number;
  readonly outcome: FileOutcome;
  /** Calls of the method that were made; 0 when it was never called. */
  readonly attempts: number;
  /** Milliseconds from the start of the first call to the end of the last. */
  readonly processingMs: number;
}

/** How far the method says it is with a file. */
export interface FileProgress {
  readonly workId: number;
  /** 1-based. */
  readonly attempt: number;
  /** 0 to 1. */
  readonly fraction: number;
}
