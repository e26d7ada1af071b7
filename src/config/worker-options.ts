import type { Compression } from './compressions.js';
import type { Delivery } from './deliveries.js';
import type { Isolation } from './isolations.js';
import type { Mode } from './modes.js';
import type { OnFailure } from './on-failure.js';
import type { Placement } from './placements.js';
import type { ListenAddress } from './values/parse-listen-address.js';
import type { ConnectionOptions } from '../kafka/driver.js';
import type { LogLevel } from '../logger.js';

/** What a message may ask for. */
export interface InputLimits {
  readonly maxFileBytes: number;
  readonly maxChunkCount: number;
  readonly maxChunkBytes: number;
  readonly maxOpenFiles: number;
  readonly maxPathBytes: number;
}

/**
 * The options of a worker with every default filled in and every text parsed: durations in milliseconds, sizes in
 * bytes. Structured-cloneable, so that it can be sent to the engine's thread.
 */
export interface CompiledWorkerOptions {
  readonly connection: ConnectionOptions;
  readonly consumeTopic: string;
  /** Undefined for a file processor. */
  readonly produceTopic?: string;
  readonly groupId: string;
  /** Name of the worker in its group; undefined: none. */
  readonly groupInstanceId?: string;
  readonly startFrom: 'earliest' | 'latest';
  readonly sessionTimeoutMs: number;
  /** Always less than `sessionTimeoutMs`. */
  readonly heartbeatIntervalMs: number;
  /** How long the group waits for a member to rejoin. */
  readonly rebalanceTimeoutMs: number;
  readonly metadataMaxAgeMs: number;
  /** Largest chunk the fetch size is laid out for, bytes. A larger one still arrives. */
  readonly chunkBytes: number;
  /** Bytes per partition in one fetch response; default four chunks and their envelopes. */
  readonly maxBytesPerPartition: number;
  /** Bytes in one fetch response. */
  readonly maxBytes: number;
  /** Longest wait of the broker for new records. */
  readonly maxWaitMs: number;
  readonly concurrency: number;
  /** Where the method runs; default none: in the thread of the worker. */
  readonly isolation?: Isolation;
  readonly attempts: number;
  readonly backoffMs: number;
  readonly timeoutMs?: number;
  /** Applied to the whole path; has no `g` or `y` flag, so that `test` keeps no state. */
  readonly match?: RegExp;
  /** What becomes of a file that the method fails for; default dead-letter. */
  readonly onFailure?: OnFailure;
  readonly delivery: Delivery;
  readonly placement: Placement;
  readonly mode: Mode;
  /** Absolute. */
  readonly outputDir: string;
  /** Absolute; tables of files are kept in LOGS in it. Undefined: there are none. */
  readonly tablesFolder?: string;
  /** Bytes in memory above which files go to disk and reading pauses. */
  readonly memoryBudgetBytes: number;
  /** Bytes of unfinished files on disk above which some are given up and read again; undefined: no limit. */
  readonly diskBudgetBytes?: number;
  readonly limits: InputLimits;
  readonly drainTimeoutMs: number;
  /** Stop once nothing was left to do for so long. */
  readonly untilIdleMs?: number;
  /** Stop after so many files have an outcome. */
  readonly limit?: number;
  /** Keeps the outcome of each file; undefined: outcomes are known within one process's life only. */
  readonly stateTopic?: string;
  /** It was asked for by name: a worker that cannot use it does not go on without. */
  readonly requiresStateTopic?: boolean;
  /** A file without a new chunk for so long is set aside; only with a state topic. */
  readonly incompleteAfterMs: number;
  /** Where what is given up goes, by reference; undefined: it is only told in the log. */
  readonly deadLetterTopic?: string;
  /** It was asked for by name: a worker that cannot use it does not go on without. */
  readonly requiresDeadLetterTopic?: boolean;
  /** How often the process may die of one file; 0: for ever. */
  readonly crashLimit?: number;
  /** Whether the files of dead letters are run again before anything is read. */
  readonly retryFailed?: boolean;
  /** Whether an upload that equals one that is done is processed again. */
  readonly reprocessIdentical?: boolean;
  readonly compression: Compression;
  readonly logLevel: LogLevel;
  /** For the log file beside the tables of files; `silent`: there is none. */
  readonly logFileLevel: LogLevel;
  /** Where metrics are served; undefined: they are not. */
  readonly metrics?: ListenAddress;
  /** Undefined: none are sent. */
  readonly heartbeats?: AnnouncementOptions;
  /** Undefined: log lines go to no topic. */
  readonly logMessages?: AnnouncementOptions;
}

/** What is sent to a topic at regular times. */
export interface AnnouncementOptions {
  readonly topic: string;
  readonly intervalMs: number;
  /** The key of each message begins with it. */
  readonly programId: string;
}
