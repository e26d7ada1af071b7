import type { ConnectionOptions } from '../kafka/driver.js';
import type { LogLevel } from '../logger.js';

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
  readonly startFrom: 'earliest' | 'latest';
  readonly sessionTimeoutMs: number;
  readonly heartbeatIntervalMs: number;
  /** Largest chunk the fetch size is laid out for, bytes. A larger one still arrives. */
  readonly chunkBytes: number;
  readonly concurrency: number;
  readonly attempts: number;
  readonly backoffMs: number;
  readonly timeoutMs?: number;
  readonly match?: RegExp;
  readonly delivery: 'at-least-once';
  readonly memoryBudgetBytes: number;
  readonly drainTimeoutMs: number;
  /** Stop once nothing was left to do for so long. */
  readonly untilIdleMs?: number;
  /** Stop after so many files have an outcome. */
  readonly limit?: number;
  readonly compression: 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd';
  readonly logLevel: LogLevel;
}
