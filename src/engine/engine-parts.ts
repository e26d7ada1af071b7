import { AwaitedVerdicts } from './awaited-verdicts.js';
import { ChunkIntake } from './chunk-intake.js';
import { CommitSchedule } from './commit-schedule.js';
import { CrashGuard } from './crash-guard/crash-guard.js';
import { BadRecords } from './dead-letters/bad-records.js';
import { LetterWriter } from './dead-letters/letter-writer.js';
import { DiskUse } from './disk-use.js';
import { DroppedFiles } from './dropped-files.js';
import type { EngineCoreOptions } from './engine-core-options.js';
import { FileFlow } from './file-flow.js';
import { FileVerification } from './file-verification.js';
import { OutcomeFlow } from './outcome-flow.js';
import { HeldMemory } from './held-memory.js';
import { IdleWatch } from './idle-watch.js';
import { MemoryPressure } from './memory-pressure.js';
import type { EngineCommand } from './messages.js';
import type { OpenFile } from './open-file.js';
import type { HeldEvent } from './outcome-gate.js';
import { Outbox } from './outbox.js';
import { OutcomeRecorder } from './outcome-recorder.js';
import { OwnedPartitions } from './owned-partitions.js';
import { PartitionReading } from './partition-reading.js';
import { ReadBackFiles } from './read-back-files.js';
import { RecentOutcomes } from './recent-outcomes.js';
import type { EngineReport } from './reports.js';
import { ScatterWatch } from './scatter-watch.js';
import { IncompleteFiles } from './set-aside/incomplete-files.js';
import type { TakenRecord } from './taken-record.js';
import { transactionMessages } from './transaction-messages.js';
import { Verifying } from './verifying.js';
import { WaitingRecords } from './waiting-records.js';
import { WorkQueue } from './work-queue.js';

const rememberedOutcomes = 200_000;

/** What needs a topic beside those of chunks and results. All of it ends when Kafka does not take its messages. */
export interface KeptTopics {
  /** Undefined: outcomes are not kept. */
  recorder: OutcomeRecorder | undefined;
  /** Undefined: files that end the process are not noticed. */
  guard: CrashGuard | undefined;
  /** Undefined: no dead letters are written. */
  letters: LetterWriter | undefined;
  badRecords: BadRecords | undefined;
}

export interface EngineParts {
  readonly outcomes: RecentOutcomes;
  /** Exactly-once: what waits for a transaction. */
  readonly outbox: Outbox | undefined;
  readonly partitions: OwnedPartitions;
  readonly memory: HeldMemory;
  readonly disk: DiskUse;
  readonly intake: ChunkIntake;
  readonly readBack: ReadBackFiles;
  readonly incomplete: IncompleteFiles;
  readonly dropped: DroppedFiles;
  readonly queue: WorkQueue;
  readonly verifying: Verifying;
  readonly verification: FileVerification;
  readonly files: FileFlow;
  readonly settling: OutcomeFlow;
  readonly verdicts: AwaitedVerdicts;
  readonly commits: CommitSchedule;
  readonly idle: IdleWatch;
  readonly scatter: ScatterWatch;
  readonly reading: PartitionReading;
  readonly waiting: WaitingRecords;
  readonly pressure: MemoryPressure;
  readonly kept: KeptTopics;
}

/** What the parts tell the core. */
export interface EnginePartsHooks {
  readonly emit: (command: EngineCommand) => void;
  readonly nowMs: () => number;
  /** All chunks of the file are known. */
  readonly onComplete: (file: OpenFile) => void;
  readonly onTaken: (taken: TakenRecord) => void;
  /** @returns what of it has to wait */
  readonly judge: (event: HeldEvent, nowMs: number) => HeldEvent | undefined;
  /** A file keeps the worker from going on. */
  readonly onStop: (failure: string) => void;
}

/** Makes the parts of the core and tells them of one another. */
export function createEngineParts(options: EngineCoreOptions, hooks: EnginePartsHooks): EngineParts {
  const { emit, nowMs } = hooks;
  const { topic, stateTopic, deadLetterTopic, runId, groupId = '', timeOriginMs = 0 } = options;
  const report = (content: EngineReport): void => emit({ kind: 'report', report: content });
  const outcomes = new RecentOutcomes(rememberedOutcomes);
  const outbox = options.delivery === 'exactly-once' ? new Outbox() : undefined;
  const withOutbox = outbox === undefined ? {} : { outbox };
  const partitions = new OwnedPartitions(topic);
  const disk = new DiskUse(options.diskBudgetBytes ?? Infinity);
  const memory = new HeldMemory(options.budgetBytes, disk);
  const kept: KeptTopics = {
    recorder:
      stateTopic === undefined
        ? undefined
        : new OutcomeRecorder({ ...options, stateTopic, groupId, timeOriginMs }, outcomes),
    guard:
      stateTopic === undefined || runId === undefined || options.crashLimit === 0
        ? undefined
        : new CrashGuard(
            { ...options, stateTopic, groupId, runId, timeOriginMs },
            { outcomes, awaitsOutcomes: () => waiting.awaitsOutcomes, emit },
          ),
    letters: undefined,
    badRecords: undefined,
  };
  const queue = new WorkQueue(options);
  const recorder = (): OutcomeRecorder | undefined => kept.recorder;
  const guard = (): CrashGuard | undefined => kept.guard;
  const isFull = (): boolean => kept.badRecords?.isFull === true || queue.isFull;
  const hasRoom = (): boolean => kept.badRecords?.isFull !== true && queue.hasRoom;

  const intake = new ChunkIntake(options, {
    outcomes,
    memory,
    report,
    onDisk: action => pressure.actOnDisk(action),
    onLateChunk: (...chunk) => kept.recorder?.noteLateChunk(...chunk),
  });
  const readBack = new ReadBackFiles({ intake, emit });
  const incomplete = new IncompleteFiles(options, {
    intake,
    readBack,
    partitions,
    outcomes,
    recorder,
    onLost: (file, missing) => files.lost(file, missing, false),
    ...withOutbox,
    emit,
  });
  const { mostMemoryBytes = options.maxFileBytes, keepsFiles = false } = options;
  const mostHeldBytes = keepsFiles ? Infinity : Math.max(mostMemoryBytes, disk.budgetBytes);
  const dropped = new DroppedFiles({ disk, intake, readBack, mostHeldBytes, emit });
  const isOpen = (file: OpenFile): boolean => intake.find(file.version.identity.id) === file;
  const verifying = new Verifying(options, { isOpen, emit });
  const settling = new OutcomeFlow(
    {
      ...{ intake, queue, outcomes, partitions, memory, ...withOutbox, recorder, incomplete, guard, emit },
      outcomeReading: () => waiting.outcomeReading,
      nowMs,
    },
    {
      onEnded: file => files.ended(file),
      onResultRefused: (file, error) => files.resultRefused(file, error),
    },
  );
  const files: FileFlow = new FileFlow(options, {
    intake,
    queue,
    memory,
    isTransactional: outbox !== undefined,
    settling,
    letters: () => kept.letters,
    guard,
    onStop: hooks.onStop,
    emit,
    nowMs,
  });
  const verification: FileVerification = new FileVerification(
    { intake, queue, partitions, memory, verifying, emit },
    {
      onVerified: file => files.ready(file),
      onComplete: hooks.onComplete,
      onRefuted: file => verdicts.refuted(file),
      onLost: (file, missing) => files.lost(file, missing, true),
      readCopies: (file, indexes) => dropped.readCopies(file, indexes),
      acquit: file => verdicts.acquit(file),
    },
  );
  const verdicts = new AwaitedVerdicts({
    partitions,
    intake,
    onCorrupt: file => files.corrupt(file),
    onTooLarge: (file, error) => files.tooLarge(file, error),
  });
  const commits = new CommitSchedule({
    partitions,
    outcomes,
    ...withOutbox,
    messagesOf: batch =>
      transactionMessages(batch, { recorder, removalOf: file => settling.removalOf(file) }),
    keepsOutcomes: () => kept.recorder !== undefined && options.reprocessIdentical !== true,
    report,
  });
  const reading = new PartitionReading({ partitions, intake, report, isFull, onTaken: hooks.onTaken });
  const waiting = new WaitingRecords({ partitions, emit, judge: hooks.judge, hasRoom });
  const pressure = new MemoryPressure({ memory, queue, partitions, files: () => intake.files, emit });

  if (deadLetterTopic !== undefined) {
    const letters = new LetterWriter({ ...options, deadLetterTopic, groupId, timeOriginMs });
    const badRecords = new BadRecords(topic, letters, { partitions, ...withOutbox, emit });
    kept.letters = letters;
    kept.badRecords = badRecords;
    intake.onBad = bad => badRecords.add(bad, nowMs());
  }
  return {
    ...{
      outcomes,
      outbox,
      partitions,
      memory,
      disk,
      intake,
      readBack,
      incomplete,
      dropped,
      queue,
      verifying,
    },
    ...{ verification, settling, files },
    ...{ verdicts, commits, reading, waiting, pressure, kept },
    idle: new IdleWatch(options.untilIdleMs),
    scatter: new ScatterWatch(options.placement),
  };
}
