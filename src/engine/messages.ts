import type { ChunkPosition } from '../assembly/held-chunk.js';
import type { FileReady, FileSettled, OutgoingMessage } from '../processing/file-work.js';
import type { Assignment, CommittedOffset, OffsetToCommit, RawRecord } from '../kafka/driver.js';
import type { PartAction } from '../assembly/byte-store.js';
import type { PartContent } from '../assembly/disk/part-storage.js';
import type { TopicContent } from '../assembly/topic-content.js';
import type { NameFolding } from '../assembly/name-folding.js';
import type { DiscardScope } from './engine.js';
import type { DonePath } from './outcome-recorder.js';
import type { EngineReport } from './reports.js';
import type { RunRecord } from '../wire/run-records.js';
import type { StoredSetAside } from './set-aside/set-aside-files.js';
import type { SupersededVersion } from '../wire/superseded-record.js';

/** Everything that happens to the engine. Its state changes only in answer to one of these. */
export type EngineEvent =
  | { readonly kind: 'assigned'; readonly assignment: Assignment }
  | { readonly kind: 'committed-offset'; readonly epoch: number; readonly committed: CommittedOffset }
  | {
      readonly kind: 'records';
      readonly epoch: number;
      readonly partition: number;
      readonly records: readonly RawRecord[];
      readonly nextOffset: bigint;
      readonly highWatermark: bigint;
    }
  /** The log of a partition does not hold its position any more; the next records come from `found`. */
  | {
      readonly kind: 'position-reset';
      readonly epoch: number;
      readonly partition: number;
      readonly expected: bigint;
      readonly found: bigint;
    }
  | {
      readonly kind: 'verified';
      readonly workId: number;
      readonly matches: boolean;
      /** Of a part file or content on the topic that does not match: the chunks that do not have the hash they name. */
      readonly damagedIndexes?: readonly number[];
    }
  /** Content that was to be verified on the topic: these chunks are not there any more. */
  | { readonly kind: 'content-gone'; readonly workId: number; readonly missing: readonly ChunkPosition[] }
  /** One slice that `hash` named is hashed, or never will be. */
  | { readonly kind: 'hashed' }
  /** Nothing is hashed any more while it comes, and those files that `verify-hashed` named get no answer. */
  | { readonly kind: 'hashing-ended' }
  /** Which names the file system takes for the same. */
  | { readonly kind: 'names-fold'; readonly folding: NameFolding }
  /** Bytes that were to be written to a part file are not held in memory any more. */
  | { readonly kind: 'part-written'; readonly part: number; readonly byteLength: number }
  /** The file cannot have its name in the output directory. */
  | { readonly kind: 'not-placed'; readonly workId: number; readonly error: Error }
  | { readonly kind: 'settled'; readonly settled: FileSettled }
  /** The file waits for its next attempt, or no longer. */
  | { readonly kind: 'backing-off'; readonly workId: number; readonly isBackingOff: boolean }
  | { readonly kind: 'produced'; readonly workId: number }
  /** The broker refused these messages for good. */
  | { readonly kind: 'refused'; readonly workId: number; readonly error: Error }
  /**
   * `failed` under exactly-once: nothing of it happened. `stale`: neither, or the partitions are about to be assigned anew and
   * read from what is committed.
   */
  | {
      readonly kind: 'commit-ended';
      readonly commitId: number;
      readonly result: 'committed' | 'stale' | 'failed';
    }
  /** Exactly-once: Kafka will never take one of its messages. Nothing of it happened. */
  | {
      readonly kind: 'commit-ended';
      readonly commitId: number;
      readonly result: 'refused';
      readonly error: Error;
    }
  /** The state topic was read, as `read-outcomes` asked; `isKept` false: there is none, and outcomes are not kept. */
  | {
      readonly kind: 'outcomes-read';
      readonly readId: number;
      readonly paths: readonly DonePath[];
      readonly setAside: readonly StoredSetAside[];
      readonly superseded: readonly SupersededVersion[];
      /** Of runs of workers, in the topic's order. */
      readonly runRecords?: readonly RunRecord[];
      readonly isKept: boolean;
      /** False: dead letters cannot be written. */
      readonly writesDeadLetters?: boolean;
      /** They are written to this topic, as the one for them takes nothing. */
      readonly lettersStandIn?: string;
    }
  /** What a `note` asked for is on the state topic, or will never be. */
  | { readonly kind: 'noted'; readonly noteId: number }
  /** The record of a file's outcome is on the state topic, or (`isOnTopic` false) will never be. */
  | { readonly kind: 'recorded'; readonly workId: number; readonly isOnTopic: boolean }
  /** Chunks of a file that was set aside, as `read-back` asked; of one partition. */
  | {
      readonly kind: 'read-back';
      readonly workId: number;
      readonly partition: number;
      readonly records: readonly RawRecord[];
    }
  /** All of them were read, but those that are not on the topic any more. */
  | { readonly kind: 'read-back-ended'; readonly workId: number; readonly missing: readonly ChunkPosition[] }
  /** At-least-once: the dead letter of a file or message is on its topic, or will never be. */
  | { readonly kind: 'dead-lettered'; readonly workId: number }
  /** Dead letters go to this topic from now on, as the one for them takes nothing any more. */
  | { readonly kind: 'letters-stand-in'; readonly topic: string }
  /** Nothing can be written to the dead-letter topic any more. */
  | { readonly kind: 'dead-lettering-ended' }
  /** Nothing can be written to the state topic any more. */
  | { readonly kind: 'recording-ended' }
  | { readonly kind: 'tick' }
  /** Where the partitions begin and end, asked for by `check-end`; undefined when the broker did not say. */
  | {
      readonly kind: 'ends';
      readonly endOffsets: ReadonlyMap<number, bigint> | undefined;
      readonly startOffsets?: ReadonlyMap<number, bigint> | undefined;
    }
  | { readonly kind: 'stop' }
  /** The deadline of the drain has passed. */
  | { readonly kind: 'abandon' };

/** What is to be done with the content of a file. */
export type FileCommand =
  | { readonly kind: 'verify'; readonly workId: number; readonly bytes: Buffer; readonly fileHash: Buffer }
  /** The next bytes of a file whose hash is computed while it comes; from byte 0 on: it begins anew. Answered with `hashed`. */
  | { readonly kind: 'hash'; readonly workId: number; readonly startByte: number; readonly bytes: Uint8Array }
  /** The file is whole, and all of its bytes went into its hash, which ends with this. */
  | { readonly kind: 'verify-hashed'; readonly workId: number; readonly fileHash: Buffer }
  | { readonly kind: 'forget-hash'; readonly workId: number }
  | { readonly kind: 'verify-part'; readonly workId: number; readonly content: PartContent }
  /** Reads it from the topic, in order, and keeps nothing but how to read it again for the method, until `forget-content`. */
  | { readonly kind: 'verify-content'; readonly workId: number; readonly content: TopicContent }
  | { readonly kind: 'forget-content'; readonly workId: number }
  | { readonly kind: 'part'; readonly action: PartAction }
  | { readonly kind: 'process'; readonly file: FileReady }
  /** As `process`, once its part file has its final name, if files are kept. */
  | { readonly kind: 'place-and-process'; readonly file: FileReady; readonly part: number };

/** Everything the engine wants done. */
export type EngineCommand =
  | FileCommand
  | {
      readonly kind: 'discard';
      readonly scope: DiscardScope;
      readonly reason: 'stopped' | 'partition-lost';
    }
  /** By-file placement: this file was met on more than one partition. */
  | { readonly kind: 'tell-scattered'; readonly file: string }
  /** By-file placement: asks whether another member has chunks of the files that are open here. */
  | { readonly kind: 'compare-open-versions' }
  | { readonly kind: 'produce'; readonly workId: number; readonly messages: readonly OutgoingMessage[] }
  /** A message for the state topic, e.g. a file's outcome once its results are acknowledged. */
  | { readonly kind: 'record'; readonly workId: number; readonly message: OutgoingMessage }
  /** At-least-once: their partitions were lost. What is not under way yet of these records and dead letters is not sent. */
  | {
      readonly kind: 'drop-records';
      readonly recordIds: readonly number[];
      readonly letterIds: readonly number[];
    }
  /** Messages for the state topic about this run, not about what became of a file; in this order. */
  | { readonly kind: 'note'; readonly noteId: number; readonly messages: readonly OutgoingMessage[] }
  /** Read these records again, in any order. */
  | { readonly kind: 'read-back'; readonly workId: number; readonly chunks: readonly ChunkPosition[] }
  /** At-least-once: a file or message is given up; its dead letter is written before its offsets may move on. */
  | { readonly kind: 'dead-letter'; readonly workId: number; readonly message: OutgoingMessage }
  /** Read what the state topic has that was not read before. */
  | { readonly kind: 'read-outcomes'; readonly readId: number }
  | {
      readonly kind: 'commit';
      readonly commitId: number;
      readonly epoch: number;
      readonly offsets: readonly OffsetToCommit[];
      /** Exactly-once: to be produced in one transaction with the offsets; else empty. */
      readonly messages: readonly OutgoingMessage[];
    }
  | { readonly kind: 'pause'; readonly partitions: readonly number[] }
  | { readonly kind: 'resume'; readonly partitions: readonly number[] }
  | { readonly kind: 'check-end' }
  | { readonly kind: 'report'; readonly report: EngineReport }
  /** Nothing runs any more, and everything that can be committed is. */
  | { readonly kind: 'drained'; readonly reason: StopReason; readonly unfinishedFileCount: number };

/** `failure`: a file failed, and the worker is not to go on; see `EngineCore.failure`. */
export type StopReason = 'stopped' | 'idle' | 'limit' | 'failure';
