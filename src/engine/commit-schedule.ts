import type { OffsetToCommit } from '../kafka/driver.js';
import type { OutgoingMessage } from '../processing/file-work.js';
import type { EngineCommand, EngineEvent } from './messages.js';
import { settledIdOf, type Outbox, type OutboxEntry } from './outbox.js';
import type { OwnedPartitions } from './owned-partitions.js';
import type { RecentOutcomes } from './recent-outcomes.js';
import type { EngineReport } from './reports.js';

/** Between two commits: a crash repeats the results of at most so long. */
const intervalMs = 500;
/**
 * After a commit that did not come about, however urgent the next one is: a member without a group is answered at once, and
 * asking again in the same turn would keep the thread from everything else.
 */
const retryMs = { stale: 500, refused: 0 } as const;
/** After one that failed; twice as long after each further one in a row. */
const firstRetryMs = 125;
const longestRetryMs = 2_000;
/**
 * Exactly-once: how long a commit without results waits for files in the pipeline. Their results would have to wait for it, and
 * they take the offsets along.
 */
const patienceMs = 5_000;

/**
 * Exactly-once: while further files are under way, a transaction begins so many times the time after the last one that this took, as each
 * one costs the broker the same for one result as for hundreds. With files of 5 MiB that is worth a quarter of the rate on two cores.
 */
const spreadFactor = 5;
const longestSpreadMs = 200;

/** So many open versions in one partition take a while to look at. */
const manyVersions = 32;

type CommitResult = (EngineEvent & { kind: 'commit-ended' })['result'];

interface Flight {
  readonly commitId: number;
  readonly beganAtMs: number;
  readonly epoch: number;
  readonly offsets: readonly OffsetToCommit[];
  /** Outcomes that it covers: all that there were. */
  readonly outcomeCount: number;
  readonly batch: readonly OutboxEntry[];
}

export interface CommitScheduleParts {
  readonly partitions: OwnedPartitions;
  readonly outcomes: RecentOutcomes;
  /** Exactly-once: what is committed together with its results. */
  readonly outbox?: Outbox;
  /** Exactly-once: what such a batch comes to when its transaction begins. */
  readonly messagesOf: (batch: readonly OutboxEntry[]) => readonly OutgoingMessage[];
  /** Whether a restart recognises every file that is done by the state topic. */
  readonly keepsOutcomes: () => boolean;
  readonly report: (report: EngineReport) => void;
}

/** What is to be done now. */
export interface CommitUrgency {
  /** Does not wait for the interval, only for the time after a commit that did not come about. */
  readonly isUrgent: boolean;
  /** Whether files have all their chunks, and it is not decided what becomes of them. */
  readonly hasFilesInPipeline: boolean;
  /** Whether chunks of a file come that is not whole yet. */
  readonly isFileGrowing: boolean;
}

/** When to commit, one request at a time. */
export class CommitSchedule {
  readonly #partitions: OwnedPartitions;
  readonly #outcomes: RecentOutcomes;
  readonly #outbox: Outbox | undefined;
  readonly #keepsOutcomes: () => boolean;
  readonly #messagesOf: CommitScheduleParts['messagesOf'];
  readonly #report: (report: EngineReport) => void;
  readonly #overflowing = new Set<number>();
  #flight: Flight | undefined;
  #nextAtMs = 0;
  #retryAtMs = 0;
  /** Exactly-once: while further files are under way, when the next transaction begins. */
  #spreadAtMs = 0;
  #failuresInARow = 0;
  #lastCommitId = 0;

  constructor({ partitions, outcomes, outbox, keepsOutcomes, messagesOf, report }: CommitScheduleParts) {
    this.#partitions = partitions;
    this.#outcomes = outcomes;
    this.#outbox = outbox;
    this.#keepsOutcomes = keepsOutcomes;
    this.#messagesOf = messagesOf;
    this.#report = report;
  }

  get isInFlight(): boolean {
    return this.#flight !== undefined;
  }

  next(nowMs: number, urgency: CommitUrgency): EngineCommand | undefined {
    if (this.#flight !== undefined || nowMs < this.#earliestMs(urgency)) return undefined;
    const { batch, offsets, overflowed } = this.#nextBatch();
    this.#reportOverflow(overflowed);
    // Looked at again after the interval: naming hundreds of versions costs.
    if (overflowed.length > 0) this.#retryAtMs = nowMs + intervalMs;
    if (offsets.length === 0) {
      this.#outbox?.giveBack();
      // Whatever happens next asks again, and to look at many open versions takes longer than most of that.
      if (this.#partitions.mostOpenVersions > manyVersions) this.#nextAtMs = nowMs + intervalMs;
      return undefined;
    }
    this.#lastCommitId += 1;
    const commit = { commitId: this.#lastCommitId, epoch: this.#partitions.epoch, offsets };
    this.#flight = { ...commit, beganAtMs: nowMs, outcomeCount: this.#outcomes.count, batch };
    this.#nextAtMs = nowMs + intervalMs;
    return { kind: 'commit', ...commit, messages: this.#messagesOf(batch) };
  }

  #earliestMs({ isUrgent, hasFilesInPipeline, isFileGrowing }: CommitUrgency): number {
    if (isUrgent) return this.#retryAtMs;
    if (this.#outbox?.isEmpty === false) {
      const waitsForMore = (hasFilesInPipeline || isFileGrowing) && !this.#outbox.hasWholeBatch;
      return Math.max(this.#retryAtMs, waitsForMore ? this.#spreadAtMs : 0);
    }
    const waitMs = this.#outbox !== undefined && hasFilesInPipeline ? patienceMs : 0;
    return Math.max(this.#retryAtMs, this.#nextAtMs + waitMs);
  }

  /** @returns what the commit was about, unless it was not the present one */
  ended(commitId: number, result: CommitResult, nowMs: number): readonly OutboxEntry[] {
    const flight = this.#flight;
    if (flight?.commitId !== commitId) return [];
    this.#flight = undefined;
    this.#retryAtMs = nowMs + this.#waitAfter(result);
    const spreadMs = Math.min(spreadFactor * (nowMs - flight.beganAtMs), longestSpreadMs);
    this.#spreadAtMs = result === 'committed' ? flight.beganAtMs + spreadMs : 0;
    if (result === 'committed') this.#outcomes.markCommitted(flight.outcomeCount);
    // A partition that was lost and came back meanwhile has a position of its own again.
    if (result === 'committed' && flight.epoch === this.#partitions.epoch)
      this.#partitions.markCommitted(flight.offsets);
    return flight.batch;
  }

  #waitAfter(result: CommitResult): number {
    if (result === 'failed') {
      this.#failuresInARow += 1;
      return Math.min(firstRetryMs * 2 ** (this.#failuresInARow - 1), longestRetryMs);
    }
    if (result !== 'committed') return retryMs[result];
    this.#failuresInARow = 0;
    return 0;
  }

  #nextBatch(): ReturnType<OwnedPartitions['changes']> & { batch: readonly OutboxEntry[] } {
    const batch = this.#outbox?.take() ?? [];
    const changes = this.#changes(batch);
    if (changes.overflowed.length === 0 || this.#outbox?.isEmpty !== false) return { batch, ...changes };
    // Those that are left count as unfinished: with all of them a commit may be able to name the others.
    this.#outbox.giveBack();
    const all = this.#outbox.take('all');
    return { batch: all, ...this.#changes(all) };
  }

  #changes(batch: readonly OutboxEntry[]): ReturnType<OwnedPartitions['changes']> {
    const settling = new Set(batch.map(settledIdOf));
    const canReadAgain = this.#keepsOutcomes();
    const changes = this.#partitions.changes(settling, { canReadAgain });
    // Results without offsets would not be fenced: the broker looks at the generation when it takes offsets.
    return batch.length > 0 && changes.offsets.length === 0
      ? this.#partitions.changes(settling, { which: 'all', canReadAgain })
      : changes;
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
