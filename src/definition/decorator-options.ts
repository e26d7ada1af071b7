import type { DataFile } from '../processing/data-file.js';
import type { LogLevel } from '../logger.js';
import type { CliOptionType } from './reproducer-definition.js';

/** A duration in milliseconds, or text with a unit: `500ms`, `30s`, `10m`, `24h`. */
export type Duration = number | string;
/** A size in bytes, or text with a unit: `64KiB`, `256MiB`, `2GB`. */
export type ByteSize = number | string;

/** Worker options that a class may set as its defaults; file, environment and flags override them. */
export interface WorkerDefaults {
  /** Consumer group; default: the class's name, so that a restart resumes. */
  groupId?: string;
  /** `host:port`, one or more. */
  brokers?: string | readonly string[];
  /** Files processed at the same time; default 1. */
  concurrency?: number;
  /**
   * Where the method runs: in the worker's own thread (default), or in threads or processes of its own, `concurrency` of them,
   * which may crash, and are ended when the method goes on after its time limit.
   */
  isolation?: 'none' | 'thread' | 'process';
  /** How often the method is tried before a file is given up; 1 or more, default 3. */
  attempts?: number;
  /** Wait before the second attempt; doubles with each further one; default 1s. */
  backoff?: Duration;
  /** Longest time for one call of the method; default: no limit. */
  timeout?: Duration;
  /** What becomes of a file after its last attempt: it is given up (default), or the worker ends and tries it again at its next start. */
  onFailure?: 'dead-letter' | 'stop';
  /** Only files whose path matches: a glob, or a RegExp. */
  match?: string | RegExp;
  /** Whether a crash may repeat results (default), or each is there once for readers of committed records. */
  delivery?: 'at-least-once' | 'exactly-once';
  /** How the chunks of a file lie on the topic; default scattered: one worker of a group reads all partitions. */
  placement?: 'scattered' | 'by-file';
  /** Where files are put together, and whether they stay; default memory. */
  mode?: 'memory' | 'disk' | 'both';
  /** Folder for the files; default: the class's name and `_output`, in the current folder. */
  outputDir?: string;
  /** Tables of files, as OpenMSIStream's programs have them, are kept in LOGS in this folder; default: `outputDir`. `none`: there are none. */
  tables?: string;
  /** Bytes of chunks and results in memory, above which files go to disk and reading pauses; default 256MiB. */
  memoryBudget?: ByteSize;
  /** Bytes of unfinished files on disk, above which those idle for longest are taken off it and read again later; default: no limit. */
  diskBudget?: ByteSize;
  /** Largest file taken; default 256GiB. */
  maxFileSize?: ByteSize;
  /** Most chunks of a file; default 1,000,000. */
  maxChunks?: number;
  /** Largest chunk taken; default 128MiB. */
  maxChunkSize?: ByteSize;
  /** Most files open at a time; default 100,000. */
  maxOpenFiles?: number;
  /** Longest path of a file in bytes; default 4,096. */
  maxPathLength?: number;
  /** How long running methods may take to finish after SIGTERM; default 30s. */
  drainTimeout?: Duration;
  /** Least important messages to print; default info. */
  logLevel?: LogLevel;
  /** Least important messages that are kept in a file beside the tables of files as well; default warn. `silent`: there is no such file. */
  logFileLevel?: LogLevel;
  /** Port, or `address:port`, that serves metrics; default: none. */
  metrics?: number | string;
  /** Where a group starts in partitions that it has no committed offset for yet; default earliest. */
  startFrom?: 'earliest' | 'latest';
  /** Silence after which the group takes this worker for dead; default 10s. */
  sessionTimeout?: Duration;
  /** Compacted topic for what became of each file, or `none`; default: the group id and `.files`. */
  stateTopic?: string;
  /** Topic for what is given up, or `none`; default: the topic for results and `.dead-letters`. */
  deadLetterTopic?: string;
  /** How long a file may wait for its next chunk before it is set aside; default 24h. */
  incompleteAfter?: Duration;
  /** How often the process may die while the method has a file before that file is given up; 0: any number of times; default 3. */
  crashLimit?: number;
  /** Whether the files of dead letters are run again at each start; default false. */
  retryFailed?: boolean;
  /** Whether a file that is uploaded again, unchanged, is processed again; default false. */
  reprocessIdentical?: boolean;
  /** Topic for heartbeats; default: none are sent. */
  heartbeatTopic?: string;
  /** Time between two heartbeats; default 15m. */
  heartbeatInterval?: Duration;
  /** What the key of heartbeats begins with; default: class, host and process. */
  heartbeatId?: string;
  /** Topic that log lines are sent to as well; default: none. */
  logTopic?: string;
  /** Time between two messages with log lines; default 1m. */
  logInterval?: Duration;
  /** What the key of messages with log lines begins with; default: class, host and process. */
  logId?: string;
  /** Size of chunks that fetches are laid out for; default 512KiB. */
  chunkBytes?: ByteSize;
  /** Compression of the results; default none. */
  compression?: 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd';
  /** Stop once nothing was left to do for so long; default: run until stopped. */
  untilIdle?: Duration;
  /** Stop once so many files are done, skipped or failed; default: no limit. */
  limit?: number;
}

/** Third argument of `@Reproducer`, second of `@FileProcessor`. */
export interface ReproducerOptions extends WorkerDefaults {
  /** Name of the worker; default: the class's name. It is the default group id and part of every result id. */
  name?: string;
  /** Part of every result id: raise it when the method's results change and files are to be processed again. */
  version?: string;
}

/** Argument of `@Processor`. */
export interface ProcessorOptions {
  /**
   * `true`: one call at a time, whatever `concurrency` says. A function: one call at a time per key it returns.
   * Default `false`.
   */
  exclusive?: boolean | ((file: DataFile) => string);
  /** Files at the same time; 1 or more, default 1. */
  concurrency?: number;
  /**
   * Where the method runs: in the worker's own thread (default), or in threads or processes of its own, `concurrency` of them,
   * which may crash, and are ended when the method goes on after its time limit.
   */
  isolation?: 'none' | 'thread' | 'process';
  /** Tries before a file is given up; 1 or more, default 3. */
  attempts?: number;
  /** Wait before the second attempt in milliseconds; doubles with each further one; default 1000. */
  backoffMs?: number;
  /** Longest time for one call in milliseconds; default: none. */
  timeoutMs?: number;
  /** What becomes of a file after its last attempt: it is given up (default), or the worker ends and tries it again at its next start. */
  onFailure?: 'dead-letter' | 'stop';
  /** Only files whose path matches: a glob, or a RegExp. */
  match?: string | RegExp;
}

/** Options of `@CliOption`. */
export interface CliOptionOptions {
  /** One line for --help. */
  description?: string;
  /** Needed where the property has no initial value; must agree with it where it has one. */
  type?: CliOptionType;
  /** The only values allowed. */
  choices?: readonly string[];
  /** Must be given by flag, environment or file. */
  required?: boolean;
  /** Environment variable; default `REPRODUCER_` + the name in upper snake case. */
  env?: string;
  /** Never printed: neither by --help nor by --print-config nor in an error. */
  secret?: boolean;
  /** Not listed by --help. */
  hidden?: boolean;
  /** Another heading in --help than the class's own. */
  group?: string;
  /** Converts the text of a flag, variable or file to the property's value; may throw. */
  parse?: (text: string) => unknown;
}
