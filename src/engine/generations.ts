import type { Assignment } from '../kafka/driver.js';
import type { EngineParts, KeptTopics } from './engine-parts.js';
import type { EngineCommand, EngineEvent } from './messages.js';
import { reachFrom } from './reach-of-partitions.js';

export interface GenerationsHooks {
  readonly emit: (command: EngineCommand) => void;
  readonly isStopping: () => boolean;
}

/**
 * Partitions come and go: what is known of those that were taken is dropped, and of those that came what other members kept on their topics is read
 * before their records are.
 */
export class Generations {
  readonly #parts: EngineParts;
  readonly #kept: KeptTopics;
  readonly #reprocessIdentical: boolean;
  readonly #hooks: GenerationsHooks;
  /** Of the members of the group. */
  #runs: readonly string[] | undefined;

  constructor(
    parts: EngineParts,
    { reprocessIdentical = false }: { readonly reprocessIdentical?: boolean },
    hooks: GenerationsHooks,
  ) {
    this.#parts = parts;
    this.#kept = parts.kept;
    this.#reprocessIdentical = reprocessIdentical;
    this.#hooks = hooks;
  }

  assigned(assignment: Assignment, nowMs: number): void {
    this.#parts.idle.touch(nowMs);
    this.#runs = assignment.runs;
    const broken = this.#parts.partitions.assign(assignment);
    if (broken.length > 0) this.#dropFilesOn(broken);
    if (this.#parts.scatter.assigned(assignment.difference)) {
      const { difference = null } = assignment;
      this.#hooks.emit({ kind: 'report', report: { kind: 'share-changed', difference } });
    }
    this.#parts.reading.assigned();
    this.#parts.incomplete.assigned();
    this.#parts.verdicts.assigned();
    const mustRead = this.#kept.recorder !== undefined || this.#kept.letters !== undefined;
    if (mustRead) this.#parts.waiting.awaitOutcomes();
    this.#parts.waiting.readOutcomesIfDue();
    // Nothing is read when all was kept; who is in the group again counts all the same.
    if (!this.#parts.waiting.awaitsOutcomes)
      this.#kept.guard?.begin(this.#parts.partitions.numbers, this.#runs, nowMs);
    if (this.#isReadingPaused)
      this.#hooks.emit({ kind: 'pause', partitions: this.#parts.partitions.numbers });
  }

  /** Every partition is paused then, also those that come to this member. */
  get #isReadingPaused(): boolean {
    return this.#parts.waiting.pausesReading || this.#parts.queue.isPaused || this.#hooks.isStopping();
  }

  /** Unless something else still keeps it. */
  resumeReading(): void {
    if (!this.#isReadingPaused)
      this.#hooks.emit({ kind: 'resume', partitions: this.#parts.partitions.numbers });
  }

  /** The state topic takes nothing any more. */
  recordingEnded(): void {
    this.#kept.recorder = undefined;
    this.#kept.guard = undefined;
    this.#parts.incomplete.recordingEnded();
    this.#parts.files.recordingEnded();
    this.#parts.settling.recordingEnded();
  }

  outcomesRead(event: EngineEvent & { kind: 'outcomes-read' }, nowMs: number): void {
    const { readId, paths, runRecords = [], isKept, writesDeadLetters = true, lettersStandIn } = event;
    if (!writesDeadLetters) this.deadLetteringEnded();
    else if (lettersStandIn !== undefined) this.#kept.letters?.useStandIn(lettersStandIn);
    this.#kept.recorder?.load(paths);
    this.#kept.guard?.load(runRecords);
    // A file that is to be processed again may be set aside though it was done before.
    const hasEnded = (id: string): boolean => {
      const outcome = this.#parts.outcomes.get(id);
      return !this.#reprocessIdentical && (outcome === 'done' || outcome === 'superseded');
    };
    this.#parts.incomplete.load(event, hasEnded);
    if (!isKept) this.recordingEnded();
    if (!this.#parts.waiting.outcomesRead(readId, nowMs)) return;
    this.#kept.guard?.begin(this.#parts.partitions.numbers, this.#runs, nowMs);
    this.#parts.settling.outcomesRead();
    this.#parts.idle.touch(nowMs);
    this.resumeReading();
  }

  /** Nothing can be written to the dead-letter topic: what is given up is only told. */
  deadLetteringEnded(): void {
    this.#kept.letters = undefined;
    this.#parts.intake.onBad = undefined;
    this.#kept.badRecords?.end();
    this.#kept.badRecords = undefined;
    this.#parts.settling.deadLetteringEnded();
  }

  #dropFilesOn(broken: readonly number[]): void {
    // A transaction of the ended generation may have happened or not: its files start from what is committed as well.
    const undecided = this.#parts.outbox?.partitionsOut ?? [];
    const lost = [...broken, ...undecided];
    const { files, partitions } = reachFrom(lost, this.#parts.intake.files, this.#parts.outcomes.uncommitted);
    this.#parts.partitions.restart(partitions);
    for (const file of files) this.#parts.verification.forget(file);
    this.#parts.files.drop(files);
    this.#parts.readBack.drop(files);
    const recordIds = this.#parts.incomplete.drop(files);
    this.#parts.dropped.drop(files);
    this.#parts.verdicts.drop(files);
    const badRecords = this.#kept.badRecords?.drop(partitions);
    if (badRecords !== undefined) this.#parts.outbox?.drop(badRecords);
    const workIds = [...files].map(({ workId }) => workId);
    this.#parts.reading.restarted();
    this.#parts.outcomes.forgetUncommitted(partitions);
    const letterIds = [...(badRecords ?? [])].map(({ workId }) => workId);
    // Those in a transaction are fenced.
    if (this.#parts.outbox === undefined)
      this.#hooks.emit({
        kind: 'drop-records',
        recordIds: [...workIds, ...recordIds],
        letterIds: [...workIds, ...letterIds],
      });
    const scope = this.#parts.intake.openFileCount === 0 ? 'all' : workIds;
    this.#hooks.emit({ kind: 'discard', scope, reason: 'partition-lost' });
    this.#hooks.emit({
      kind: 'report',
      report: { kind: 'partitions-lost', partitions: broken, openVersionCount: files.size },
    });
  }
}
