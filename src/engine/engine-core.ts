import type { OutgoingMessage } from '../processing/file-work.js';
import { maxOpenFilesTold, type OpenFileProgress } from './engine.js';
import type { EngineCoreOptions, EngineCoreStatus } from './engine-core-options.js';
import { createEngineParts, type EngineParts, type KeptTopics } from './engine-parts.js';
import { Generations } from './generations.js';
import { GrowingFile } from './growing-file.js';
import type { EngineCommand, EngineEvent } from './messages.js';
import { progressOf, type OpenFile } from './open-file.js';
import type { HeldEvent } from './outcome-gate.js';
import { RunEnding } from './run-ending.js';
import { TakenFlow } from './taken-flow.js';

/**
 * The engine without anything that waits: events in, commands out. No clock, no sockets, no randomness of its own, so
 * that a test can run any interleaving and cut it anywhere.
 */
export class EngineCore {
  readonly #parts: EngineParts;
  readonly #kept: KeptTopics;
  readonly #generations: Generations;
  readonly #ending: RunEnding;
  readonly #growing = new GrowingFile();
  readonly #taking: TakenFlow;
  #nowMs = 0;
  #commands: EngineCommand[] = [];

  constructor(options: EngineCoreOptions) {
    const parts = createEngineParts(options, {
      emit: command => this.#emit(command),
      nowMs: () => this.#nowMs,
      onComplete: file => this.#taking.complete(file),
      onTaken: taken => this.#taking.taken(taken),
      judge: (event, nowMs) => this.#judge(event, nowMs),
      onStop: failure => this.#ending.fail(failure),
    });
    this.#parts = parts;
    this.#kept = parts.kept;
    this.#taking = new TakenFlow(parts, this.#growing, command => this.#emit(command));
    this.#ending = new RunEnding(parts, options, command => this.#emit(command));
    this.#generations = new Generations(parts, options, {
      emit: command => this.#emit(command),
      isStopping: () => this.#ending.isStopping,
    });
  }

  get status(): EngineCoreStatus {
    return {
      isDraining: this.#ending.isStopping,
      hasAssignment: this.#parts.partitions.hasAssignment,
      partitions: this.#parts.partitions.numbers,
      openFileCount: this.#parts.intake.openFileCount,
      heldBytes: this.#parts.intake.heldBytes,
      memoryBytes: this.#parts.memory.bytes,
      diskBytes: this.#parts.disk.bytes,
      pipelineFileCount: this.#parts.queue.fileCount,
      openFiles: this.#oldestFiles(),
      chunks: { ...this.#parts.intake.counts },
    };
  }

  #oldestFiles(): OpenFileProgress[] {
    const oldest: OpenFileProgress[] = [];
    for (const file of this.#parts.intake.files) {
      if (oldest.length === maxOpenFilesTold) break;
      oldest.push(progressOf(file, this.#nowMs));
    }
    return oldest;
  }

  /** Ids of the versions of which chunks are missing, the longest open first. */
  get openVersionIds(): string[] {
    return [...this.#parts.intake.files]
      .filter(({ state }) => state === 'assembling')
      .map(({ version }) => version.identity.id);
  }

  /** The versions without outcome. */
  get openFiles(): Iterable<OpenFile> {
    return this.#parts.intake.files;
  }

  /** Whether chunks that are read again may be held in memory. */
  get hasRoomToReadAgain(): boolean {
    return this.#parts.memory.hasRoomToReadAgain;
  }

  /** Why the worker must not count as done, though it drained; undefined: no file kept it from going on. */
  get failure(): string | undefined {
    return this.#ending.failure;
  }

  /** For the state topic, when the worker ends by itself. */
  get closingMessages(): readonly OutgoingMessage[] {
    return this.#kept.guard?.closing(this.#parts.partitions.numbers) ?? [];
  }

  /** Next offset to read of a partition; null: from the committed one. */
  positionOf(partition: number): bigint | null {
    return this.#parts.partitions.positionOf(partition);
  }

  /**
   * Takes one event in.
   * @param nowMs milliseconds of a clock that never goes back
   * @returns what is to be done, in this order
   */
  handle(event: EngineEvent, nowMs: number): EngineCommand[] {
    if (this.#ending.isOver) return [];
    this.#nowMs = nowMs;
    this.#take(event, nowMs);
    this.#advance(nowMs);
    const commands = this.#commands;
    this.#commands = [];
    return commands;
  }

  #take(event: EngineEvent, nowMs: number): void {
    switch (event.kind) {
      case 'assigned':
        return this.#generations.assigned(event.assignment, nowMs);
      case 'committed-offset':
        if (event.epoch !== this.#parts.partitions.epoch) return;
        this.#parts.reading.committedOffset(event.committed);
        return this.#parts.waiting.readOutcomesIfDue();
      case 'records':
      case 'position-reset':
        return this.#parts.waiting.take(event, nowMs);
      case 'outcomes-read':
        return this.#generations.outcomesRead(event, nowMs);
      case 'dead-lettered':
        this.#parts.idle.touch(nowMs);
        this.#kept.badRecords?.deadLettered(event.workId);
        return this.#parts.settling.deadLettered(event.workId);
      case 'letters-stand-in':
        return this.#kept.letters?.useStandIn(event.topic);
      case 'dead-lettering-ended':
        return this.#generations.deadLetteringEnded();
      case 'recorded':
        this.#parts.idle.touch(nowMs);
        this.#parts.incomplete.recorded(event.workId, event.isOnTopic);
        return this.#parts.settling.recorded(event.workId);
      case 'noted':
        return this.#noted(event.noteId);
      case 'recording-ended':
        return this.#generations.recordingEnded();
      case 'read-back':
        return this.#taking.readBack(event, nowMs);
      case 'read-back-ended':
        return this.#taking.readBackEnded(event);
      case 'verified':
        return this.#parts.verification.verified(event.workId, event.matches, event.damagedIndexes);
      case 'content-gone':
        return this.#parts.verification.contentGone(event.workId, event.missing);
      case 'hashed':
        return this.#parts.verifying.hashed();
      case 'hashing-ended':
        return this.#parts.verifying.ended();
      case 'part-written':
        return this.#parts.memory.written(event.part, event.byteLength);
      case 'not-placed':
        return this.#parts.files.notPlaced(event.workId, event.error);
      case 'names-fold':
        this.#parts.intake.folding = event.folding;
        return;
      case 'settled':
        this.#parts.idle.touch(nowMs);
        return this.#parts.files.settled(event.settled);
      case 'backing-off':
        return this.#parts.files.backOff(event.workId, event.isBackingOff);
      case 'produced':
        this.#parts.idle.touch(nowMs);
        return this.#parts.files.produced(event.workId);
      case 'refused':
        return this.#parts.files.refused(event.workId, event.error);
      case 'commit-ended':
        return this.#commitEnded(event, nowMs);
      case 'ends':
        return this.#ends(event, nowMs);
      case 'stop':
        return this.#ending.stop('stopped');
      case 'abandon':
        return this.#ending.abandon();
      case 'tick':
        this.#tick(nowMs);
    }
  }

  #tick(nowMs: number): void {
    this.#growing.tick(nowMs);
    const isJudging = !this.#parts.waiting.awaitsOutcomes && !this.#ending.isStopping;
    const isIncompleteDue = isJudging && this.#parts.incomplete.tick(nowMs);
    if (isJudging) this.#parts.verdicts.judge();
    const isVerdictDue = isJudging && this.#parts.verdicts.shouldAsk();
    if (this.#ending.isIdleCheckDue(nowMs) || isIncompleteDue || isVerdictDue)
      this.#emit({ kind: 'check-end' });
    if (this.#parts.scatter.shouldCompare(this.#parts.intake.files, nowMs))
      this.#emit({ kind: 'compare-open-versions' });
  }

  /** What follows from the new state, whatever the event was. */
  #advance(nowMs: number): void {
    if (this.#parts.waiting.goOn(nowMs)) this.#generations.resumeReading();
    if (!this.#ending.isStopping) {
      this.#parts.files.handOver();
      this.#parts.dropped.advance();
      // Once outcomes are known and dead letters acknowledged, reading goes on by itself.
      if (this.#parts.waiting.isClear) this.#parts.pressure.apply();
      this.#ending.stopAtLimit();
    }
    // Last, as it looks into memory that spilling gives away.
    this.#parts.verifying.advance();
    const { isDrained } = this.#ending;
    const hasFilesInPipeline = this.#parts.queue.undecidedCount > 0;
    const commit = this.#mayCommit
      ? this.#parts.commits.next(nowMs, {
          isUrgent: isDrained,
          hasFilesInPipeline,
          isFileGrowing: this.#growing.isGrowing(nowMs),
        })
      : undefined;
    if (commit !== undefined) this.#emit(commit);
    this.#ending.endIfOver();
  }

  /**
   * A record of a path's outcomes replaces the one before it. In a transaction it must not be written before that one is read: of what
   * was committed and told to be stale, this worker knows nothing else.
   */
  get #mayCommit(): boolean {
    const { outbox, waiting } = this.#parts;
    if (outbox === undefined) return true;
    // Who stops may wait in vain for a reading that has not begun.
    return waiting.outcomeReading === 'none' || (waiting.outcomeReading === 'due' && this.#ending.isStopping);
  }

  #commitEnded(event: EngineEvent & { kind: 'commit-ended' }, nowMs: number): void {
    const batch = this.#parts.commits.ended(event.commitId, event.result, nowMs);
    if (this.#parts.outbox === undefined || batch.length === 0) return;
    if (event.result === 'committed') {
      this.#parts.outbox.committed();
      this.#parts.idle.touch(nowMs);
      this.#parts.incomplete.committed(batch);
      this.#kept.badRecords?.settle(batch);
      this.#parts.settling.committed(batch);
      this.#parts.outcomes.markCommitted(this.#parts.outcomes.count);
    } else if (event.result === 'refused') {
      const alone = this.#parts.outbox.refused(batch);
      if (alone?.kind === 'set-aside' || alone?.kind === 'superseded')
        this.#parts.incomplete.refusedAlone(alone);
      else if (alone?.kind === 'decided') this.#parts.settling.refusedAlone(alone, event.error);
      else if (alone !== undefined) this.#kept.badRecords?.settle([alone]);
    } else {
      this.#parts.outbox.giveBack();
    }
  }

  #noted(noteId: number): void {
    const workId = this.#kept.guard?.noted(noteId);
    if (workId !== undefined) this.#parts.files.announced(workId);
  }

  #judge(event: HeldEvent, nowMs: number): HeldEvent | undefined {
    if (event.epoch !== this.#parts.partitions.epoch || this.#ending.isStopping) return undefined;
    if (event.kind === 'records' && event.records.length > 0) this.#parts.idle.touch(nowMs);
    return this.#parts.reading.judge(event, nowMs);
  }

  #ends({ endOffsets, startOffsets }: EngineEvent & { kind: 'ends' }, nowMs: number): void {
    this.#parts.incomplete.ended(endOffsets, startOffsets, nowMs);
    this.#parts.verdicts.ended(endOffsets);
    if (!this.#ending.isStopping) this.#parts.verdicts.judge();
    this.#ending.endsTold(endOffsets, nowMs);
  }

  #emit(command: EngineCommand): void {
    this.#commands.push(command);
  }
}
