import type { OffsetToCommit } from '../kafka/driver.js';
import type { EngineCommand } from './messages.js';
import type { OwnedPartitions } from './owned-partitions.js';
import type { RecentOutcomes } from './recent-outcomes.js';
import type { EngineReport } from './reports.js';

/** Between two commits: a crash repeats the results of at most so long. */
const intervalMs = 500;
/**
 * After a commit that did not come about, however urgent the next one is: a member without a group is answered at once, and
 * asking again in the same turn would keep the thread from everything else.
 */
const retryMs = { failed: 2_000, stale: 500 } as const;

interface Flight {
  readonly commitId: number;
  readonly epoch: number;
  readonly offsets: readonly OffsetToCommit[];
  /** Outcomes that it covers: all that there were. */
  readonly outcomeCount: number;
}

/** When to commit, one request at a time. */
export class CommitSchedule {
  readonly #partitions: OwnedPartitions;
  readonly #outcomes: RecentOutcomes;
  readonly #report: (report: EngineReport) => void;
  readonly #overflowing = new Set<number>();
  #flight: Flight | undefined;
  #nextAtMs = 0;
  #retryAtMs = 0;
  #lastCommitId = 0;

  constructor(partitions: OwnedPartitions, outcomes: RecentOutcomes, report: (report: EngineReport) => void) {
    this.#partitions = partitions;
    this.#outcomes = outcomes;
    this.#report = report;
  }

  get isInFlight(): boolean {
    return this.#flight !== undefined;
  }

  /** @param isUrgent does not wait for the interval, only for the time after a commit that did not come about */
  next(nowMs: number, isUrgent: boolean): EngineCommand | undefined {
    const earliestMs = isUrgent ? this.#retryAtMs : Math.max(this.#retryAtMs, this.#nextAtMs);
    if (this.#flight !== undefined || nowMs < earliestMs) return undefined;
    const { offsets, overflowed } = this.#partitions.changes();
    if (offsets.length === 0) return undefined;
    this.#reportOverflow(overflowed);
    this.#lastCommitId += 1;
    const commit = { commitId: this.#lastCommitId, epoch: this.#partitions.epoch, offsets };
    this.#flight = { ...commit, outcomeCount: this.#outcomes.count };
    this.#nextAtMs = nowMs + intervalMs;
    return { kind: 'commit', ...commit };
  }

  ended(commitId: number, result: 'committed' | 'stale' | 'failed', nowMs: number): void {
    const flight = this.#flight;
    if (flight?.commitId !== commitId) return;
    this.#flight = undefined;
    this.#retryAtMs = result === 'committed' ? 0 : nowMs + retryMs[result];
    if (result === 'committed') this.#outcomes.markCommitted(flight.outcomeCount);
    // A partition that was lost and came back meanwhile has a position of its own again.
    if (result === 'committed' && flight.epoch === this.#partitions.epoch)
      this.#partitions.markCommitted(flight.offsets);
  }

  #reportOverflow(overflowed: readonly { partition: number; openCount: number }[]): void {
    const now = new Set(overflowed.map(({ partition }) => partition));
    for (const { partition, openCount } of overflowed) {
      if (!this.#overflowing.has(partition))
        this.#report({ kind: 'metadata-overflow', partition, openVersionCount: openCount });
    }
    this.#overflowing.clear();
    for (const partition of now) this.#overflowing.add(partition);
  }
}
