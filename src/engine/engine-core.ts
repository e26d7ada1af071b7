import type { Placement } from '../config/placements.js';
import type { Assignment } from '../kafka/driver.js';
import { ChunkIntake, type ChunkIntakeOptions, type TakenRecord } from './chunk-intake.js';
import { CommitSchedule } from './commit-schedule.js';
import { CrashGuard } from './crash-guard/crash-guard.js';
import { BadRecords } from './dead-letters/bad-records.js';
import { LetterWriter } from './dead-letters/letter-writer.js';
import { maxOpenFilesTold, type ChunkCounts, type OpenFileProgress } from './engine.js';
import { DiskUse } from './disk-use.js';
import { DroppedFiles } from './dropped-files.js';
import { FileFlow, type FileFlowOptions } from './file-flow.js';
import { IdleWatch } from './idle-watch.js';
import { HeldMemory } from './held-memory.js';
import { MemoryPressure } from './memory-pressure.js';
import type { EngineCommand, EngineEvent, StopReason } from './messages.js';
import { progressOf, type OpenFile } from './open-file.js';
import type { HeldEvent } from './outcome-gate.js';
import { OutcomeRecorder } from './outcome-recorder.js';
import { OwnedPartitions } from './owned-partitions.js';
import { PartitionReading } from './partition-reading.js';
import { reachFrom } from './reach-of-partitions.js';
import { RecentOutcomes } from './recent-outcomes.js';
import { Outbox } from './outbox.js';
import type { EngineReport } from './reports.js';
import type { OutgoingMessage } from '../processing/file-work.js';
import { IncompleteFiles } from './set-aside/incomplete-files.js';
import { ScatterWatch } from './scatter-watch.js';
import { WaitingRecords } from './waiting-records.js';
import { WorkQueue, type WorkQueueOptions } from './work-queue.js';

export interface EngineCoreOptions extends FileFlowOptions, ChunkIntakeOptions, WorkQueueOptions {
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

const rememberedOutcomes = 200_000;

/**
 * The engine without anything that waits: events in, commands out. No clock, no sockets, no randomness of its own, so
 * that a test can run any interleaving and cut it anywhere.
 */
export class EngineCore {
  readonly #startFrom: 'earliest' | 'latest';
  readonly #limit: number | undefined;
  readonly #outcomes: RecentOutcomes;
  readonly #outbox: Outbox | undefined;
  readonly #partitions: OwnedPartitions;
  readonly #memory: HeldMemory;
  readonly #disk: DiskUse;
  readonly #dropped: DroppedFiles;
  readonly #intake: ChunkIntake;
  readonly #queue: WorkQueue;
  readonly #files: FileFlow;
  readonly #commits: CommitSchedule;
  readonly #idle: IdleWatch;
  readonly #scatter: ScatterWatch;
  readonly #incomplete: IncompleteFiles;
  readonly #reprocessIdentical: boolean;
  readonly #reading: PartitionReading;
  readonly #waiting: WaitingRecords;
  readonly #pressure: MemoryPressure;
  /** Undefined: outcomes are not kept. */
  #recorder: OutcomeRecorder | undefined;
  /** Undefined: no dead letters are written. */
  #letters: LetterWriter | undefined;
  /** Undefined: files that end the process are not noticed. */
  #guard: CrashGuard | undefined;
  /** Of the members of the group. */
  #runs: readonly string[] | undefined;
  #badRecords: BadRecords | undefined;
  #nowMs = 0;
  #commands: EngineCommand[] = [];
  #stopReason: StopReason | undefined;
  #failure: string | undefined;
  #isAbandoned = false;
  #hasEnded = false;

  constructor(options: EngineCoreOptions) {
    const report = (content: EngineReport): void => this.#emit({ kind: 'report', report: content });
    const outcomes = new RecentOutcomes(rememberedOutcomes);
    const outbox = options.delivery === 'exactly-once' ? new Outbox() : undefined;
    this.#outcomes = outcomes;
    this.#outbox = outbox;
    this.#startFrom = options.startFrom;
    this.#limit = options.limit;
    this.#partitions = new OwnedPartitions(options.topic);
    const { stateTopic, groupId = '', timeOriginMs = 0 } = options;
    if (stateTopic !== undefined)
      this.#recorder = new OutcomeRecorder({ ...options, stateTopic, groupId, timeOriginMs }, outcomes);
    const disk = new DiskUse(options.diskBudgetBytes ?? Infinity);
    const memory = new HeldMemory(options.budgetBytes, disk);
    this.#disk = disk;
    this.#memory = memory;
    this.#intake = new ChunkIntake(options, {
      outcomes,
      memory,
      report,
      onDisk: action => this.#pressure.actOnDisk(action),
    });
    this.#reprocessIdentical = options.reprocessIdentical === true;
    const emit = (command: EngineCommand): void => this.#emit(command);
    const { runId } = options;
    if (stateTopic !== undefined && runId !== undefined && options.crashLimit !== 0)
      this.#guard = new CrashGuard(
        { ...options, stateTopic, groupId, runId, timeOriginMs },
        { outcomes, emit },
      );
    this.#incomplete = new IncompleteFiles(options, {
      intake: this.#intake,
      partitions: this.#partitions,
      outcomes,
      recorder: () => this.#recorder,
      onLost: (file, missing) => this.#files.lost(file, missing, false),
      ...(outbox === undefined ? {} : { outbox }),
      emit,
    });
    this.#dropped = new DroppedFiles({ disk, intake: this.#intake, incomplete: this.#incomplete, emit });
    this.#queue = new WorkQueue(options);
    this.#files = new FileFlow(options, {
      intake: this.#intake,
      queue: this.#queue,
      outcomes,
      partitions: this.#partitions,
      memory,
      ...(outbox === undefined ? {} : { outbox }),
      recorder: () => this.#recorder,
      incomplete: this.#incomplete,
      letters: () => this.#letters,
      guard: () => this.#guard,
      onStop: failure => this.#fail(failure),
      emit,
      nowMs: () => this.#nowMs,
    });
    this.#commits = new CommitSchedule({
      partitions: this.#partitions,
      outcomes,
      ...(outbox === undefined ? {} : { outbox }),
      keepsOutcomes: () => this.#recorder !== undefined && !this.#reprocessIdentical,
      report,
    });
    this.#idle = new IdleWatch(options.untilIdleMs);
    this.#scatter = new ScatterWatch(options.placement);
    const isFull = (): boolean => this.#badRecords?.isFull === true;
    this.#reading = new PartitionReading({
      partitions: this.#partitions,
      intake: this.#intake,
      report,
      isFull,
      onTaken: taken => this.#goOn(taken),
    });
    this.#waiting = new WaitingRecords({
      partitions: this.#partitions,
      emit,
      judge: (event, nowMs) => this.#judge(event, nowMs),
      isFull,
    });
    this.#pressure = new MemoryPressure({
      memory,
      queue: this.#queue,
      partitions: this.#partitions,
      files: () => this.#intake.files,
      emit,
    });
    this.#writeDeadLetters(options);
  }

  #writeDeadLetters(options: EngineCoreOptions): void {
    const { topic, deadLetterTopic, groupId = '', timeOriginMs = 0 } = options;
    if (deadLetterTopic === undefined) return;
    this.#letters = new LetterWriter({ ...options, deadLetterTopic, groupId, timeOriginMs });
    const badRecords = new BadRecords(topic, this.#letters, {
      partitions: this.#partitions,
      ...(this.#outbox === undefined ? {} : { outbox: this.#outbox }),
      emit: command => this.#emit(command),
    });
    this.#badRecords = badRecords;
    this.#intake.onBad = bad => badRecords.add(bad, this.#nowMs);
  }

  /** Nothing can be written to the dead-letter topic: what is given up is only told. */
  #endDeadLetters(): void {
    this.#letters = undefined;
    this.#intake.onBad = undefined;
    this.#badRecords?.end();
    this.#badRecords = undefined;
    this.#files.deadLetteringEnded();
  }

  get status(): EngineCoreStatus {
    return {
      isDraining: this.#stopReason !== undefined,
      hasAssignment: this.#partitions.hasAssignment,
      partitions: this.#partitions.numbers,
      openFileCount: this.#intake.openFileCount,
      heldBytes: this.#intake.heldBytes,
      memoryBytes: this.#memory.bytes,
      diskBytes: this.#disk.bytes,
      pipelineFileCount: this.#queue.fileCount,
      openFiles: this.#oldestFiles(),
      chunks: { ...this.#intake.counts },
    };
  }

  #oldestFiles(): OpenFileProgress[] {
    const oldest: OpenFileProgress[] = [];
    for (const file of this.#intake.files) {
      if (oldest.length === maxOpenFilesTold) break;
      oldest.push(progressOf(file, this.#nowMs));
    }
    return oldest;
  }

  /** Ids of the versions of which chunks are missing, the longest open first. */
  get openVersionIds(): string[] {
    return [...this.#intake.files]
      .filter(({ state }) => state === 'assembling')
      .map(({ version }) => version.identity.id);
  }

  /** The versions without outcome. */
  get openFiles(): Iterable<OpenFile> {
    return this.#intake.files;
  }

  /** Why the worker must not count as done, though it drained; undefined: no file kept it from going on. */
  get failure(): string | undefined {
    return this.#failure;
  }

  /** For the state topic, when the worker ends by itself. */
  get closingMessages(): readonly OutgoingMessage[] {
    return this.#guard?.closing(this.#partitions.numbers) ?? [];
  }

  /** Next offset to read of a partition; null: from the committed one. */
  positionOf(partition: number): bigint | null {
    return this.#partitions.positionOf(partition);
  }

  /**
   * Takes one event in.
   * @param nowMs milliseconds of a clock that never goes back
   * @returns what is to be done, in this order
   */
  handle(event: EngineEvent, nowMs: number): EngineCommand[] {
    if (this.#hasEnded) return [];
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
        return this.#assigned(event.assignment, nowMs);
      case 'committed-offset':
        if (event.epoch !== this.#partitions.epoch) return;
        this.#reading.committedOffset(event.committed);
        return this.#waiting.readOutcomesIfDue();
      case 'records':
      case 'position-reset':
        return this.#waiting.take(event, nowMs);
      case 'outcomes-read':
        return this.#outcomesRead(event, nowMs);
      case 'dead-lettered':
        this.#idle.touch(nowMs);
        this.#badRecords?.deadLettered(event.workId);
        return this.#files.deadLettered(event.workId);
      case 'dead-lettering-ended':
        return this.#endDeadLetters();
      case 'recorded':
        this.#idle.touch(nowMs);
        this.#incomplete.recorded(event.workId, event.isOnTopic);
        return this.#files.recorded(event.workId);
      case 'noted':
        return this.#noted(event.noteId);
      case 'recording-ended':
        return this.#recordingEnded();
      case 'read-back':
        return this.#readBack(event, nowMs);
      case 'read-back-ended':
        return this.#readBackEnded(event);
      case 'verified':
        return this.#files.verified(event.workId, event.matches, event.damagedIndexes);
      case 'part-written':
        return this.#memory.written(event.part, event.byteLength);
      case 'not-placed':
        return this.#files.notPlaced(event.workId, event.error);
      case 'names-fold':
        this.#intake.folding = event.folding;
        return;
      case 'settled':
        this.#idle.touch(nowMs);
        return this.#files.settled(event.settled, nowMs);
      case 'produced':
        this.#idle.touch(nowMs);
        return this.#files.produced(event.workId, nowMs);
      case 'refused':
        return this.#files.refused(event.workId, event.error);
      case 'commit-ended':
        return this.#commitEnded(event, nowMs);
      case 'ends':
        return this.#ends(event, nowMs);
      case 'stop':
        return this.#stop('stopped');
      case 'abandon':
        return this.#abandon();
      case 'tick':
        this.#tick(nowMs);
    }
  }

  #tick(nowMs: number): void {
    const isIncompleteDue =
      !this.#waiting.awaitsOutcomes && this.#stopReason === undefined && this.#incomplete.tick(nowMs);
    if (this.#isIdleCheckDue(nowMs) || isIncompleteDue) this.#emit({ kind: 'check-end' });
    if (this.#scatter.shouldCompare(this.#intake.files, nowMs)) this.#emit({ kind: 'compare-open-versions' });
  }

  /** What follows from the new state, whatever the event was. */
  #advance(nowMs: number): void {
    if (this.#waiting.goOn(nowMs)) this.#resumeReading();
    if (this.#stopReason === undefined) {
      this.#files.handOver();
      this.#dropped.advance();
      // Once outcomes are known and dead letters acknowledged, reading goes on by itself.
      if (this.#waiting.isClear) this.#pressure.apply();
      if (this.#limit !== undefined && this.#files.outcomeCount >= this.#limit) this.#stop('limit');
    }
    const isDrained = this.#stopReason !== undefined && (this.#isAbandoned || !this.#hasWorkOut);
    const hasFilesInPipeline = this.#queue.fileCount > 0;
    const commit = this.#commits.next(nowMs, { isUrgent: isDrained, hasFilesInPipeline });
    if (commit !== undefined) this.#emit(commit);
    if (!isDrained || this.#commits.isInFlight) return;
    // A commit that failed is tried again until there is nothing left to commit, or the deadline has passed.
    if (!this.#isAbandoned && this.#hasUncommitted) return;
    this.#hasEnded = true;
    this.#emit({
      kind: 'drained',
      reason: this.#stopReason!,
      unfinishedFileCount: this.#queue.handedOverCount,
    });
  }

  /** Files at the method or dead letters on their way. */
  get #hasWorkOut(): boolean {
    if (this.#queue.handedOverCount > 0) return true;
    return this.#outbox === undefined && (this.#badRecords?.pendingCount ?? 0) > 0;
  }

  get #hasUncommitted(): boolean {
    return this.#outbox?.isEmpty === false || this.#partitions.changes().offsets.length > 0;
  }

  #commitEnded(event: EngineEvent & { kind: 'commit-ended' }, nowMs: number): void {
    const batch = this.#commits.ended(event.commitId, event.result, nowMs);
    if (this.#outbox === undefined || batch.length === 0) return;
    if (event.result === 'committed') {
      this.#outbox.committed();
      this.#idle.touch(nowMs);
      this.#incomplete.committed(batch);
      this.#badRecords?.settle(batch);
      this.#files.committed(batch, nowMs);
      this.#outcomes.markCommitted(this.#outcomes.count);
    } else if (event.result === 'refused') {
      const alone = this.#outbox.refused(batch);
      if (alone?.kind === 'set-aside' || alone?.kind === 'superseded') this.#incomplete.refusedAlone(alone);
      else if (alone?.kind === 'decided') this.#files.refusedAlone(alone, event.error);
      else if (alone !== undefined) this.#badRecords?.settle([alone]);
    } else {
      this.#outbox.giveBack();
    }
  }

  #assigned(assignment: Assignment, nowMs: number): void {
    this.#idle.touch(nowMs);
    this.#runs = assignment.runs;
    const broken = this.#partitions.assign(assignment);
    if (broken.length > 0) this.#dropFilesOn(broken);
    if (this.#scatter.assigned(assignment.difference)) {
      const { difference = null } = assignment;
      this.#emit({ kind: 'report', report: { kind: 'share-changed', difference } });
    }
    this.#reading.assigned();
    this.#incomplete.assigned();
    const mustRead = this.#recorder !== undefined || this.#letters !== undefined;
    if (mustRead) this.#waiting.awaitOutcomes();
    this.#waiting.readOutcomesIfDue();
    if (this.#isReadingPaused) this.#emit({ kind: 'pause', partitions: this.#partitions.numbers });
  }

  /** Every partition is paused then, also those that come to this member. */
  get #isReadingPaused(): boolean {
    return this.#waiting.pausesReading || this.#queue.isPaused || this.#stopReason !== undefined;
  }

  #resumeReading(): void {
    if (!this.#isReadingPaused) this.#emit({ kind: 'resume', partitions: this.#partitions.numbers });
  }

  #noted(noteId: number): void {
    const workId = this.#guard?.noted(noteId);
    if (workId !== undefined) this.#files.announced(workId);
  }

  #recordingEnded(): void {
    this.#recorder = undefined;
    this.#guard = undefined;
    this.#incomplete.recordingEnded();
    this.#files.recordingEnded();
  }

  #outcomesRead(event: EngineEvent & { kind: 'outcomes-read' }, nowMs: number): void {
    const { readId, paths, runRecords = [], isKept, writesDeadLetters = true } = event;
    if (!writesDeadLetters) this.#endDeadLetters();
    this.#recorder?.load(paths);
    this.#guard?.load(runRecords);
    // A file that is to be processed again may be set aside though it was done before.
    const hasEnded = (id: string): boolean => {
      const outcome = this.#outcomes.get(id);
      return !this.#reprocessIdentical && (outcome === 'done' || outcome === 'superseded');
    };
    this.#incomplete.load(event, hasEnded);
    if (!isKept) this.#recordingEnded();
    if (!this.#waiting.outcomesRead(readId, nowMs)) return;
    this.#guard?.begin(this.#partitions.numbers, this.#runs, nowMs);
    this.#idle.touch(nowMs);
    this.#resumeReading();
  }

  #judge(event: HeldEvent, nowMs: number): HeldEvent | undefined {
    if (event.epoch !== this.#partitions.epoch || this.#stopReason !== undefined) return undefined;
    if (event.kind === 'records' && event.records.length > 0) this.#idle.touch(nowMs);
    return this.#reading.judge(event, nowMs);
  }

  #dropFilesOn(broken: readonly number[]): void {
    // A transaction of the ended generation may have happened or not: its files start from what is committed as well.
    const undecided = this.#outbox?.partitionsOut ?? [];
    const lost = [...broken, ...undecided];
    const { files, partitions } = reachFrom(lost, this.#intake.files, this.#outcomes.uncommitted);
    this.#partitions.restart(partitions);
    this.#files.drop(files);
    this.#incomplete.drop(files);
    this.#dropped.drop(files);
    const badRecords = this.#badRecords?.drop(partitions);
    if (badRecords !== undefined) this.#outbox?.drop(badRecords);
    this.#reading.restarted();
    this.#outcomes.forgetUncommitted(partitions);
    const scope = this.#intake.openFileCount === 0 ? 'all' : [...files].map(({ workId }) => workId);
    this.#emit({ kind: 'discard', scope, reason: 'partition-lost' });
    this.#emit({
      kind: 'report',
      report: { kind: 'partitions-lost', partitions: broken, openVersionCount: files.size },
    });
  }

  #goOn(taken: TakenRecord): void {
    if (taken.file === undefined) return;
    this.#watchScatter(taken.file);
    this.#pressure.spill(false);
    this.#dropped.makeRoom();
    if (taken.kind === 'too-large') this.#files.tooLarge(taken.file, taken.error);
    else if (!this.#incomplete.resume(taken.file) && taken.kind === 'complete') this.#complete(taken.file);
  }

  #readBack({ workId, partition, records }: EngineEvent & { kind: 'read-back' }, nowMs: number): void {
    this.#idle.touch(nowMs);
    for (const taken of this.#incomplete.readBack(workId, partition, records)) this.#goOn(taken);
  }

  #readBackEnded({ workId, missing }: EngineEvent & { kind: 'read-back-ended' }): void {
    const file = this.#incomplete.readBackEnded(workId);
    if (file === undefined) return;
    if (file.version.isComplete) this.#complete(file);
    else if (missing.length > 0) this.#files.lost(file, missing, true);
  }

  #complete(file: OpenFile): void {
    if (!this.#dropped.complete(file)) this.#files.complete(file);
  }

  #watchScatter(file: OpenFile): void {
    const text = this.#scatter.met(file);
    if (text !== undefined) this.#emit({ kind: 'tell-scattered', file: text });
  }

  get #hasFilesUnderWay(): boolean {
    return this.#queue.fileCount > 0 || this.#incomplete.isReadingBack || this.#dropped.isWaiting;
  }

  #isIdleCheckDue(nowMs: number): boolean {
    if (this.#stopReason !== undefined || !this.#partitions.hasAssignment) return false;
    if (this.#waiting.awaitsOutcomes || (this.#badRecords?.pendingCount ?? 0) > 0) return false;
    return !this.#hasFilesUnderWay && this.#idle.shouldCheck(nowMs);
  }

  #ends({ endOffsets, startOffsets }: EngineEvent & { kind: 'ends' }, nowMs: number): void {
    this.#incomplete.ended(endOffsets, startOffsets, nowMs);
    const lag =
      endOffsets === undefined ? undefined : this.#partitions.lag(endOffsets, this.#startFrom === 'earliest');
    if (this.#idle.checked(nowMs, lag) && !this.#hasFilesUnderWay) this.#stop('idle');
  }

  #stop(reason: StopReason): void {
    if (this.#stopReason !== undefined) return;
    this.#stopReason = reason;
    this.#files.stop();
    this.#emit({ kind: 'pause', partitions: this.#partitions.numbers });
    this.#emit({ kind: 'discard', scope: 'queued', reason: 'stopped' });
    this.#emit({ kind: 'report', report: { kind: 'draining', reason } });
  }

  #fail(failure: string): void {
    this.#failure ??= failure;
    this.#stop('failure');
  }

  #abandon(): void {
    this.#stop('stopped');
    this.#isAbandoned = true;
    this.#emit({ kind: 'discard', scope: 'all', reason: 'stopped' });
  }

  #emit(command: EngineCommand): void {
    this.#commands.push(command);
  }
}
