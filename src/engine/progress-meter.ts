import type { Assignment, RawRecord } from '../kafka/driver.js';
import type { EngineCoreStatus } from './engine-core-options.js';
import type { CommitMeasure, EngineProgress } from './engine.js';

/** Counts what is read, for people. */
export class ProgressMeter {
  readonly #lags = new Map<number, bigint>();
  #recordCount = 0;
  #recordBytes = 0;
  #commits: CommitMeasure[] = [];

  assigned({ lost, added }: Assignment): void {
    for (const partition of [...lost, ...added]) this.#lags.delete(partition);
  }

  records(partition: number, records: readonly RawRecord[], nextOffset: bigint, highWatermark: bigint): void {
    this.#recordCount += records.length;
    for (const { value } of records) this.#recordBytes += value?.length ?? 0;
    this.#lags.set(partition, highWatermark > nextOffset ? highWatermark - nextOffset : 0n);
  }

  committed(commit: CommitMeasure): void {
    this.#commits.push(commit);
  }

  /** Where the engine stands, and what it committed since this was asked last. */
  read(status: EngineCoreStatus, isTroubled: boolean, hasEnded: boolean): EngineProgress {
    const {
      partitions,
      openFileCount,
      heldBytes,
      memoryBytes,
      diskBytes,
      pipelineFileCount,
      openFiles,
      chunks,
    } = status;
    const commits = this.#commits;
    this.#commits = [];
    let lag = 0n;
    for (const partitionLag of this.#lags.values()) lag += partitionLag;
    return {
      state: hasEnded ? 'ended' : stateOf(status, isTroubled),
      partitions,
      recordCount: this.#recordCount,
      recordBytes: this.#recordBytes,
      openFileCount,
      heldBytes,
      memoryBytes,
      diskBytes,
      pipelineFileCount,
      ...(this.#lags.size === 0 ? {} : { lag: Number(lag) }),
      partitionLags: [...this.#lags].map(([partition, behind]) => ({ partition, lag: Number(behind) })),
      openFiles,
      chunks,
      commits,
    };
  }
}

function stateOf(status: EngineCoreStatus, isTroubled: boolean): EngineProgress['state'] {
  if (status.isDraining) return 'draining';
  if (isTroubled || !status.hasAssignment) return 'connecting';
  return status.partitions.length === 0 ? 'standing-by' : 'running';
}
