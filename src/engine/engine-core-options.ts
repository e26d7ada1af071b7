import { constants } from 'node:buffer';
import type { Placement } from '../config/placements.js';
import type { ChunkIntakeOptions } from './chunk-intake.js';
import type { ChunkCounts, EngineOptions, OpenFileProgress } from './engine.js';
import type { FileFlowOptions } from './file-flow.js';
import type { VerifyingOptions } from './verifying.js';
import type { WorkQueueOptions } from './work-queue.js';

export interface EngineCoreOptions
  extends FileFlowOptions, ChunkIntakeOptions, WorkQueueOptions, VerifyingOptions {
  /** Stop once nothing was left to do for so long. */
  readonly untilIdleMs?: number;
  /** Default at-least-once. */
  readonly delivery?: 'at-least-once' | 'exactly-once';
  readonly placement: Placement;
  /** Where partitions start that have no committed offset. */
  readonly startFrom: 'earliest' | 'latest';
  /** Bytes that may be held in memory; above, files go to disk and reading pauses. */
  readonly budgetBytes: number;
  /** Bytes of unfinished files on disk; above, those that are idle for longest are read again later. Default: no limit. */
  readonly diskBudgetBytes?: number;
  /** Where outcomes are kept, so that a restart and other members know them. */
  readonly stateTopic?: string;
  /** Where what is given up goes. */
  readonly deadLetterTopic?: string;
  readonly groupId?: string;
  /** Names this run of the worker; with it and a state topic, files that end the process are noticed. */
  readonly runId?: string;
  /** Milliseconds since 1970 at which the clock of `handle` was 0; default 0. */
  readonly timeOriginMs?: number;
  /** How often the process may die of one file; 0: for ever; default 3. */
  readonly crashLimit?: number;
  /** A file without a new chunk for so long is set aside; default: never. Needs the state topic. */
  readonly incompleteAfterMs?: number;
}

/** @param runId names this run of the worker */
export function engineCoreOptions(
  { options, name, version = '' }: EngineOptions,
  runId: string,
): EngineCoreOptions {
  const { consumeTopic: topic, memoryBudgetBytes: budgetBytes, mode, limits } = options;
  return {
    ...options,
    topic,
    name,
    version,
    budgetBytes,
    keepsFiles: mode !== 'memory',
    maxFileBytes: limits.maxFileBytes,
    limits,
    mostMemoryBytes: mode === 'disk' ? 0 : Math.min(budgetBytes, constants.MAX_LENGTH),
    runId,
    timeOriginMs: performance.timeOrigin,
  };
}

/** Where the engine stands, for people. */
export interface EngineCoreStatus {
  readonly isDraining: boolean;
  readonly hasAssignment: boolean;
  readonly partitions: readonly number[];
  readonly openFileCount: number;
  /** Chunk bytes held, in memory and on disk. */
  readonly heldBytes: number;
  /** Bytes held in memory: chunks, what is on its way to disk, and results that are not acknowledged. */
  readonly memoryBytes: number;
  /** Bytes of files without outcome in part files. */
  readonly diskBytes: number;
  readonly pipelineFileCount: number;
  readonly openFiles: readonly OpenFileProgress[];
  readonly chunks: ChunkCounts;
}
