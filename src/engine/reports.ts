import type { DataFileInfo } from '../processing/data-file.js';
import type { FailureReason } from '../processing/file-work.js';
import type { ErrorCode } from '../errors.js';
import type { ShareDifference } from '../kafka/driver.js';
import type { VersionOutcome } from './recent-outcomes.js';

/** Why a file was given up. */
export type FileFailureReason =
  FailureReason | 'file-hash-mismatch' | 'too-large' | 'not-placed' | 'result-refused' | 'chunks-lost';

/** What the engine tells of a file that has its outcome. */
export type FileEndReport = EngineReport & { readonly kind: 'file-done' | 'file-failed' };

/** What the engine tells people: the host makes log lines, counters and progress of it. */
export type EngineReport =
  | {
      readonly kind: 'file-done';
      readonly file: DataFileInfo;
      readonly size: number;
      readonly messageCount: number;
      /** Of the values of the messages. */
      readonly messageBytes: number;
      readonly skipped?: string;
      readonly attempts: number;
      readonly processingMs: number;
      /** From the arrival of the first chunk to the acknowledgement of the last result. */
      readonly totalMs: number;
    }
  | {
      readonly kind: 'file-failed';
      readonly file: DataFileInfo;
      readonly size: number;
      readonly reason: FileFailureReason;
      readonly error: string;
      readonly attempts: number;
      /** All calls of the method together, without the waits between them. */
      readonly processingMs: number;
      /** From the arrival of the first chunk until it was given up. */
      readonly totalMs: number;
      /** Where its dead letter is; undefined: it has none. */
      readonly deadLetterTopic?: string;
    }
  /** The worker ends without having given the file up, as its options say; the next start tries it again. */
  | {
      readonly kind: 'file-kept';
      readonly file: DataFileInfo;
      readonly reason: FileFailureReason;
      readonly error: string;
      readonly attempts: number;
    }
  | {
      readonly kind: 'bad-input';
      readonly code: ErrorCode;
      readonly partition: number;
      readonly offset: bigint;
      readonly reason: string;
    }
  /** A whole upload of a version that had an outcome, as far as is known, came again. */
  | { readonly kind: 'duplicate-version'; readonly path: string; readonly outcome: VersionOutcome }
  | {
      readonly kind: 'resumed';
      readonly partition: number;
      readonly offset: bigint | null;
      readonly readUpTo: bigint | null;
      readonly openVersionCount: number;
    }
  /** All that an earlier process had read was read again, as far as it was needed. */
  | {
      readonly kind: 'caught-up-with-earlier-run';
      readonly rereadChunkCount: number;
      readonly rereadBytes: number;
      readonly rereadFileCount: number;
      readonly skippedChunkCount: number;
      readonly skippedBytes: number;
    }
  | {
      readonly kind: 'partitions-lost';
      readonly partitions: readonly number[];
      readonly openVersionCount: number;
    }
  /** A run of a worker that had these partitions before did not end by itself. `suspects`: paths of the files that it may have died of. */
  | { readonly kind: 'run-died'; readonly suspects: readonly string[] }
  /** How the share of this worker differs from what its options ask for; null: not any more. */
  | { readonly kind: 'share-changed'; readonly difference: ShareDifference | null }
  /** Reading goes on at `found`. Above `expected`: the records in between are lost. */
  | {
      readonly kind: 'position-reset';
      readonly partition: number;
      readonly expected: bigint;
      readonly found: bigint;
    }
  /** No chunk of the file came for a while, and all that is on the topic was read. */
  | {
      readonly kind: 'file-stalled';
      readonly file: DataFileInfo;
      readonly heldChunkCount: number;
      /** When the latest chunk was written, milliseconds since 1970. */
      readonly sinceMs: number;
      /** How long after that it is set aside; undefined: never, for there is no state topic. */
      readonly incompleteAfterMs?: number;
    }
  /** Where its chunks lie is on the state topic: it is completed when the rest comes. */
  | {
      readonly kind: 'file-set-aside';
      readonly file: DataFileInfo;
      readonly heldChunkCount: number;
      readonly reason: 'incomplete' | 'too-many';
    }
  /** A version that never became whole is given up, as a newer one of its path is done. */
  | {
      readonly kind: 'file-superseded';
      readonly path: string;
      readonly versionId: string;
      /** Chunks of it that came. */
      readonly heldChunkCount: number;
      readonly chunkCount: number;
    }
  /** The rest of a file that was set aside came; the chunks from before are read again. */
  | { readonly kind: 'file-resumed'; readonly path: string; readonly chunkCount: number }
  /** To keep the disk budget, the bytes of an unfinished file were given up; they are read again when it is whole. */
  | { readonly kind: 'bytes-dropped'; readonly path: string; readonly byteLength: number }
  /** A file is whole whose bytes were given up: its chunks are read again. */
  | { readonly kind: 'file-read-again'; readonly path: string; readonly chunkCount: number }
  /** A file is whole that is larger than what may be held of it: its chunks are read again where they are, for its hash and for the method. */
  | { readonly kind: 'file-left-on-topic'; readonly path: string; readonly chunkCount: number }
  | { readonly kind: 'metadata-overflow'; readonly partition: number; readonly openVersionCount: number }
  | {
      readonly kind: 'backpressure';
      readonly paused: boolean;
      readonly waitingBytes: number;
      readonly waitingCount: number;
    }
  | { readonly kind: 'draining'; readonly reason: 'stopped' | 'idle' | 'limit' | 'failure' };
