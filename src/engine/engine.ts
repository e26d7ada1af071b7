import type { CompiledWorkerOptions } from '../config/worker-options.js';
import type { ContentAnswer, ContentRequest } from '../processing/content/content-messages.js';
import type { DiscardReason, FileReady, FileSettled } from '../processing/file-work.js';
import type { LogLine } from '../logger.js';
import type { FileOutcomeState } from '../wire/file-state.js';
import type { SetAsidePlaces } from '../wire/set-aside-record.js';
import type { OpenFileState } from './open-file.js';
import type { EngineReport } from './reports.js';

/** What an engine needs to know; structured-cloneable, so that it can be sent to the engine's thread. */
export interface EngineOptions {
  readonly options: CompiledWorkerOptions;
  /** Name and version of the class: they are part of every result id. */
  readonly name: string;
  readonly version?: string;
  /** Names this run of the worker and no other; default: a random one. */
  readonly runId?: string;
}

/** One line that something in the engine's thread wants logged. */
export type EngineLogLine = LogLine;

/** Where the engine stands; sent about once a second, and once more at its end. */
export interface EngineProgress {
  /** `connecting`: no partition was assigned yet, or the broker is away. `standing-by`: a member without partitions. */
  readonly state: 'connecting' | 'standing-by' | 'running' | 'draining' | 'ended';
  readonly partitions: readonly number[];
  readonly recordCount: number;
  readonly recordBytes: number;
  /** Versions with at least one chunk and no outcome. */
  readonly openFileCount: number;
  /** Chunk bytes held, in memory and on disk. */
  readonly heldBytes: number;
  /** Bytes held in memory: chunks, what is on its way to disk, and results that are not acknowledged. */
  readonly memoryBytes?: number;
  /** Bytes of files without outcome in part files. */
  readonly diskBytes?: number;
  /** Whole files without outcome. */
  readonly pipelineFileCount: number;
  /** Records not read yet; undefined until it is known. */
  readonly lag?: number;
  /** The same for each partition of which it is known. */
  readonly partitionLags: readonly PartitionLag[];
  /** The files that are open longest, the oldest first; at most {@link maxOpenFilesTold}. */
  readonly openFiles: readonly OpenFileProgress[];
  /** Messages that are chunks of wanted files, and bytes of files in them. */
  readonly chunks: ChunkCounts;
  /** Commits since the last progress. */
  readonly commits: readonly CommitMeasure[];
}

/** An engine may have thousands of open files; for people a few are enough. */
export const maxOpenFilesTold = 20;

export interface PartitionLag {
  readonly partition: number;
  readonly lag: number;
}

/** A file without outcome. */
export interface OpenFileProgress {
  readonly path: string;
  readonly state: OpenFileState;
  readonly heldChunkCount: number;
  readonly chunkCount: number;
  readonly heldBytes: number;
  /** Since its first chunk arrived here. */
  readonly ageMs: number;
}

export interface ChunkCounts {
  readonly readCount: number;
  readonly readBytes: number;
  /** Without those that turned out to be unusable. */
  readonly processedCount: number;
  readonly processedBytes: number;
}

/** How long one commit took; `transaction`: with results in it. */
export interface CommitMeasure {
  readonly kind: 'offsets' | 'transaction';
  readonly result: 'committed' | 'stale' | 'failed' | 'refused';
  readonly durationMs: number;
}

/** How the engine ended. `failed`: Kafka refused something for good, `error` says what; the exit code is 1. */
export type EngineEnd =
  | { readonly kind: 'drained'; readonly reason: 'stopped' | 'idle' | 'limit' }
  /** The deadline passed with work left; it is done after a restart. */
  | { readonly kind: 'abandoned'; readonly unfinishedFileCount: number }
  | { readonly kind: 'failed'; readonly error: Error };

/** `queued`: files that have not been started. `all`: also those that run, whose calls are aborted. Or these, by work id. */
export type DiscardScope = 'queued' | 'all' | readonly number[];

/** Called in the thread of the user's class. Must not throw. */
export interface EngineListener {
  onFileReady(file: FileReady): void;
  /** Each of the files is then settled as discarded. */
  onDiscard(scope: DiscardScope, reason: DiscardReason): void;
  onReport(report: EngineReport): void;
  onProgress(progress: EngineProgress): void;
  onLog(line: EngineLogLine): void;
  /** To what `content` asked for. */
  onContent(answer: ContentAnswer): void;
  /** Only where it is called in the engine's own thread. */
  readonly watcher?: EngineWatcher;
}

/** A file without outcome, for people; its messages are its chunks, as they arrived here. */
export interface UnfinishedFile {
  readonly path: string;
  readonly chunkCount: number;
  readonly firstMessageAt: Date;
  readonly lastMessageAt: Date;
}

/** What an observer in the engine's own thread may want to know besides. Must not throw. */
export interface EngineWatcher {
  /** @param unfinished all files without outcome, now and whenever it is asked */
  watch(unfinished: () => Iterable<UnfinishedFile>): void;
  /** The state topic says what became of a path. */
  onOutcomeRead(path: string, state: FileOutcomeState): void;
  /** It says where the chunks of a file lie that was set aside; undefined: no longer. */
  onSetAsideRead(key: string, places: SetAsidePlaces | undefined): void;
}

/** A running engine. */
export interface RunningEngine {
  /** Resolves once the engine has left the group and disconnected. Never rejects. */
  readonly ended: Promise<EngineEnd>;
  settle(settled: FileSettled): void;
  /** A file waits for its next attempt, or no longer: meanwhile another may have its place. */
  backOff(workId: number, isBackingOff: boolean): void;
  /** Asks for bytes of a file that was handed over without them, see `FileReady.isOnTopic`. */
  content(request: ContentRequest): void;
  /** Stops reading, lets files at the method finish, commits, leaves the group. */
  stop(): void;
  /** The deadline of the drain has passed: commits what it can and leaves, whatever still runs. */
  abandon(): void;
}

/** The same with what observes it, as the thread of the user's class sees it. */
export interface Engine extends RunningEngine {
  /** A line of the log, for the log messages on a topic. */
  keepLogLine(line: string): void;
}

/** `thread`: the default. `inline`: in the calling thread, for tests and options that hold functions. */
export type EngineHosting = 'thread' | 'inline';
