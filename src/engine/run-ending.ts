import type { EngineParts } from './engine-parts.js';
import type { EngineCommand, StopReason } from './messages.js';

export interface RunEndingOptions {
  /** Where partitions start that have no committed offset. */
  readonly startFrom: 'earliest' | 'latest';
  /** Files with an outcome after which the run stops; undefined: none. */
  readonly limit?: number;
}

/** How a run ends: what stops it, what it waits for then, and when it is over. */
export class RunEnding {
  readonly #parts: EngineParts;
  readonly #options: RunEndingOptions;
  readonly #emit: (command: EngineCommand) => void;
  #stopReason: StopReason | undefined;
  #failure: string | undefined;
  #isAbandoned = false;
  #isOver = false;

  constructor(parts: EngineParts, options: RunEndingOptions, emit: (command: EngineCommand) => void) {
    this.#parts = parts;
    this.#options = options;
    this.#emit = emit;
  }

  /** Nothing new is begun. */
  get isStopping(): boolean {
    return this.#stopReason !== undefined;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Why the worker must not count as done, though it drained; undefined: no file kept it from going on. */
  get failure(): string | undefined {
    return this.#failure;
  }

  /** It stops, and nothing of what was begun is waited for any more but commits. */
  get isDrained(): boolean {
    return this.isStopping && (this.#isAbandoned || !this.#hasWorkOut);
  }

  stop(reason: StopReason): void {
    if (this.isStopping) return;
    this.#stopReason = reason;
    this.#parts.files.stop();
    this.#emit({ kind: 'pause', partitions: this.#parts.partitions.numbers });
    this.#emit({ kind: 'discard', scope: 'queued', reason: 'stopped' });
    this.#emit({ kind: 'report', report: { kind: 'draining', reason } });
  }

  stopAtLimit(): void {
    const { limit } = this.#options;
    if (limit !== undefined && this.#parts.settling.endedCount >= limit) this.stop('limit');
  }

  /** A file keeps the worker from going on. */
  fail(failure: string): void {
    this.#failure ??= failure;
    this.stop('failure');
  }

  /** The deadline has passed: what was begun is not waited for. */
  abandon(): void {
    this.stop('stopped');
    this.#isAbandoned = true;
    this.#emit({ kind: 'discard', scope: 'all', reason: 'stopped' });
  }

  /** Whether to ask where the partitions end, as it may be that nothing is left to do. */
  isIdleCheckDue(nowMs: number): boolean {
    if (this.isStopping || !this.#parts.partitions.hasAssignment) return false;
    if (this.#parts.waiting.awaitsOutcomes || this.#pendingLetterCount > 0) return false;
    return !this.#hasFilesUnderWay && this.#parts.idle.shouldCheck(nowMs);
  }

  /** The answer; undefined: there was none. */
  endsTold(endOffsets: ReadonlyMap<number, bigint> | undefined, nowMs: number): void {
    const { partitions, idle } = this.#parts;
    const lag = endOffsets && partitions.lag(endOffsets, this.#options.startFrom === 'earliest');
    if (idle.checked(nowMs, lag) && !this.#hasFilesUnderWay) this.stop('idle');
  }

  /** Ends the run if it is drained and has committed what is to be committed. */
  endIfOver(): void {
    if (!this.isDrained || this.#parts.commits.isInFlight) return;
    // A commit that failed is tried again until there is nothing left to commit, or the deadline has passed.
    if (!this.#isAbandoned && this.#hasUncommitted) return;
    this.#isOver = true;
    const unfinishedFileCount = this.#parts.queue.handedOverCount;
    this.#emit({ kind: 'drained', reason: this.#stopReason!, unfinishedFileCount });
  }

  /** Files at the method or dead letters on their way. */
  get #hasWorkOut(): boolean {
    if (this.#parts.queue.handedOverCount > 0) return true;
    return this.#parts.outbox === undefined && this.#pendingLetterCount > 0;
  }

  get #pendingLetterCount(): number {
    return this.#parts.kept.badRecords?.pendingCount ?? 0;
  }

  get #hasUncommitted(): boolean {
    return this.#parts.outbox?.isEmpty === false || this.#parts.partitions.changes().offsets.length > 0;
  }

  get #hasFilesUnderWay(): boolean {
    return (
      this.#parts.queue.fileCount > 0 ||
      !this.#parts.readBack.isEmpty ||
      this.#parts.dropped.isWaiting ||
      this.#parts.verdicts.isWaiting
    );
  }
}
