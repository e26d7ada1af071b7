import { constants } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import { DiskParts } from '../assembly/disk/disk-parts.js';
import type { PartContent, PartStorage, PartStorageHandlers } from '../assembly/disk/part-storage.js';
import { setTimeout as delay } from 'node:timers/promises';
import { BrokerError, ProcessorError } from '../errors.js';
import type { ConsumerHandlers, ConsumerPort, KafkaDriver, RawRecord } from '../kafka/driver.js';
import type { FileSettled } from '../processing/file-work.js';
import { DeadLetterTopic, withoutDeadLetters } from './dead-letters/dead-letter-topic.js';
import { EngineCore } from './engine-core.js';
import type {
  CommitMeasure,
  EngineEnd,
  EngineListener,
  EngineLogLine,
  EngineOptions,
  RunningEngine,
} from './engine.js';
import type { EngineCommand, EngineEvent } from './messages.js';
import { PartitionEnds } from './partition-ends.js';
import { ProgressMeter } from './progress-meter.js';
import { ReadBack } from './read-back.js';
import { ResultSender } from './result-sender.js';
import { notKept, StateTopic, withoutStateTopic } from './state-topic.js';
import { TransactionSender } from './transaction-sender.js';
import { groupMembership } from './group-membership.js';
import { FileHandOver } from './file-hand-over.js';
import { TroubleLog } from './trouble-log.js';
import { Verifier } from './verifier.js';

const tickMs = 100;
const ticksPerProgress = 10;
/** How long leaving the group and closing connections may take. */
const leaveMs = 5_000;
/** After the deadline of the drain: for the last commit. */
const lastCommitMs = 3_000;

/** Makes the storage from its options and handlers. */
export type CreateStorage = (options: ConstructorParameters<typeof DiskParts>) => PartStorage;

/** Outcome of a file that did not reach the user's thread. */
const takenBack = { outcome: { kind: 'discarded' }, attempts: 0, processingMs: 0 } as const;

/** Runs the core: turns what Kafka and the user's thread say into its events, and carries out its commands. */
export class EngineRunner implements RunningEngine {
  readonly ended: Promise<EngineEnd>;
  readonly #listener: EngineListener;
  readonly #core: EngineCore;
  readonly #consumer: ConsumerPort;
  readonly #sender: ResultSender;
  /** Exactly-once. */
  readonly #transactions: TransactionSender | undefined;
  /** Undefined: outcomes are not kept. */
  readonly #stateTopic: StateTopic | undefined;
  /** Undefined: no dead letters are written. */
  readonly #deadLetterTopic: DeadLetterTopic | undefined;
  readonly #verifier: Verifier;
  readonly #storage: PartStorage;
  readonly #handOver: FileHandOver;
  readonly #partitionEnds: PartitionEnds;
  readonly #readBack: ReadBack;
  readonly #meter = new ProgressMeter();
  readonly #reading: TroubleLog;
  readonly #events: EngineEvent[] = [];
  readonly #ticker: NodeJS.Timeout;
  #tickCount = 0;
  #isHandling = false;
  #isAbandoned = false;
  #hasEnded = false;
  #resolveEnded!: (end: EngineEnd) => void;

  /** @param createStorage default: the real disk */
  constructor(
    engineOptions: EngineOptions,
    listener: EngineListener,
    driver: KafkaDriver,
    createStorage: CreateStorage = options => new DiskParts(...options),
  ) {
    const { options, name, version = '', runId = randomUUID() } = engineOptions;
    const log = (line: EngineLogLine): void => listener.onLog(line);
    const { consumeTopic: topic, memoryBudgetBytes: budgetBytes, mode, limits } = options;
    const keepsFiles = mode !== 'memory';
    this.#listener = listener;
    this.ended = new Promise(resolve => (this.#resolveEnded = resolve));
    this.#core = new EngineCore({
      ...options,
      topic,
      name,
      version,
      budgetBytes,
      keepsFiles,
      maxFileBytes: limits.maxFileBytes,
      limits,
      mostMemoryBytes: mode === 'disk' ? 0 : Math.min(budgetBytes, constants.MAX_LENGTH),
      runId,
      timeOriginMs: performance.timeOrigin,
    });
    this.#reading = new TroubleLog('reading', log);
    this.#consumer = driver.consumer(
      { ...options, topic, minBytes: 1, runId, ...groupMembership(engineOptions) },
      this.#consumerHandlers(),
    );
    this.#sender = this.#createSender(driver, log);
    if (options.delivery === 'exactly-once') this.#transactions = this.#createTransactionSender(driver, log);
    this.#stateTopic = this.#createStateTopic(driver, engineOptions);
    this.#deadLetterTopic = this.#createDeadLetterTopic(driver, engineOptions);
    this.#verifier = new Verifier((workId, matches) => this.#dispatch({ kind: 'verified', workId, matches }));
    this.#storage = createStorage([{ outputDir: options.outputDir, keepsFiles }, this.#storageHandlers(log)]);
    this.#handOver = new FileHandOver(listener, this.#storage, {
      onDiscarded: workId => this.settle({ workId, ...takenBack }),
      onNotPlaced: (workId, error) => this.#dispatch({ kind: 'not-placed', workId, error }),
    });
    this.#readBack = this.#createReadBack(driver, topic);
    this.#partitionEnds = new PartitionEnds(driver, topic);
    this.#ticker = setInterval(() => this.#tick(), tickMs);
    this.#start().catch((error: unknown) => this.#fail(asError(error)));
  }

  settle(settled: FileSettled): void {
    this.#dispatch({ kind: 'settled', settled });
  }

  stop(): void {
    this.#dispatch({ kind: 'stop' });
  }

  abandon(): void {
    this.#isAbandoned = true;
    this.#dispatch({ kind: 'abandon' });
    const end = (): void => {
      const unfinishedFileCount = this.#core.status.pipelineFileCount;
      void this.#end({ kind: 'abandoned', unfinishedFileCount });
    };
    setTimeout(end, lastCommitMs).unref();
  }

  async #start(): Promise<void> {
    this.#dispatch({ kind: 'names-fold', folding: await this.#storage.open() });
    if (!this.#hasEnded) await this.#consumer.start();
  }

  /** Events that arise while commands are carried out wait until those are done. */
  #dispatch(event: EngineEvent): void {
    if (this.#hasEnded) return;
    this.#events.push(event);
    if (this.#isHandling) return;
    this.#isHandling = true;
    try {
      for (let next = this.#events.shift(); next !== undefined; next = this.#events.shift()) {
        for (const command of this.#core.handle(next, performance.now())) this.#carryOut(command);
      }
    } catch (error) {
      // A mistake of ours: what the engine knows may be half changed, so nothing may be committed from it.
      this.#fail(asError(error));
    } finally {
      this.#isHandling = false;
    }
  }

  #carryOut(command: EngineCommand): void {
    switch (command.kind) {
      case 'verify':
        return this.#verifier.verify(command.workId, command.bytes, command.fileHash);
      case 'verify-part':
        return void this.#verifyPart(command.workId, command.content);
      case 'part':
        return this.#storage.act(command.action);
      case 'process':
        return this.#listener.onFileReady(command.file);
      case 'place-and-process':
        return void this.#handOver.placeAndProcess(command.file, command.part);
      case 'discard':
        this.#handOver.discard(command.scope);
        return this.#listener.onDiscard(command.scope, command.reason);
      case 'produce':
        return this.#sender.send(command.workId, command.messages);
      case 'record':
        return this.#stateTopic!.record(command.workId, command.message);
      case 'note':
        return this.#stateTopic!.note(command.noteId, command.messages);
      case 'read-back':
        return this.#readBack.read(command.workId, command.chunks);
      case 'dead-letter':
        return this.#deadLetterTopic!.send(command.workId, command.message);
      case 'read-outcomes':
        return void this.#readOutcomes(command.readId);
      case 'commit':
        return void this.#commit(command);
      case 'pause':
        return this.#consumer.pause(command.partitions);
      case 'resume':
        return this.#consumer.resume(command.partitions);
      case 'tell-scattered':
        return this.#consumer.tellScattered?.(command.file);
      case 'compare-open-versions':
        return this.#consumer.compareOpenVersions?.();
      case 'check-end':
        return void this.#checkEnds();
      case 'report':
        return this.#listener.onReport(command.report);
      case 'drained':
        return void this.#end(this.#endOf(command));
    }
  }

  #endOf({ reason, unfinishedFileCount }: EngineCommand & { kind: 'drained' }): EngineEnd {
    // A stop for a failure is told by the core's `failure`.
    if (this.#isAbandoned || reason === 'failure') return { kind: 'abandoned', unfinishedFileCount };
    return { kind: 'drained', reason };
  }

  async #commit(command: EngineCommand & { kind: 'commit' }): Promise<void> {
    const startMs = performance.now();
    const ended = (kind: CommitMeasure['kind'], event: EngineEvent & { kind: 'commit-ended' }): void => {
      this.#meter.committed({ kind, result: event.result, durationMs: performance.now() - startMs });
      this.#dispatch(event);
    };
    if (this.#transactions !== undefined) {
      const event = await this.#transactions.commit(command);
      if (event !== undefined) ended('transaction', event);
      return;
    }
    const { commitId, epoch, offsets } = command;
    let result: 'committed' | 'stale' | 'failed' = 'failed';
    try {
      result = await this.#consumer.commit(epoch, offsets);
    } catch (error) {
      if (error instanceof BrokerError && error.isForbidden) {
        this.#fail(error);
        return;
      }
      const message = `${asError(error).message}; the commit is tried again`;
      this.#listener.onLog({ level: 'warn', fields: {}, message });
    }
    ended('offsets', { kind: 'commit-ended', commitId, result });
  }

  async #verifyPart(workId: number, content: PartContent): Promise<void> {
    const check = await this.#storage.verify(content);
    if (check !== undefined) this.#dispatch({ kind: 'verified', workId, ...check });
  }

  async #readOutcomes(readId: number): Promise<void> {
    const [reading, writesDeadLetters] = await Promise.all([
      this.#stateTopic?.read() ?? notKept,
      this.#deadLetterTopic?.open() ?? false,
    ]);
    this.#dispatch({ kind: 'outcomes-read', readId, ...reading, writesDeadLetters });
  }

  async #checkEnds(): Promise<void> {
    const bounds = await this.#partitionEnds.read();
    this.#dispatch({ kind: 'ends', endOffsets: bounds?.endOffsets, startOffsets: bounds?.startOffsets });
  }

  #tick(): void {
    this.#dispatch({ kind: 'tick' });
    this.#tickCount += 1;
    if (this.#tickCount % ticksPerProgress === 0) this.#reportProgress();
  }

  #reportProgress(): void {
    this.#listener.onProgress(this.#meter.read(this.#core.status, this.#reading.isTroubled, this.#hasEnded));
  }

  #consumerHandlers(): ConsumerHandlers {
    return {
      onAssigned: assignment => {
        this.#reading.end(performance.now());
        this.#meter.assigned(assignment);
        this.#dispatch({ kind: 'assigned', assignment });
      },
      onCommittedOffset: (epoch, committed) => this.#dispatch({ kind: 'committed-offset', epoch, committed }),
      positionOf: partition => this.#core.positionOf(partition),
      openVersions: () => this.#core.openVersionIds,
      onRecords: (...records) => this.#onRecords(...records),
      onPositionReset: (epoch, partition, expected, found) =>
        this.#dispatch({ kind: 'position-reset', epoch, partition, expected, found }),
      onTrouble: error => this.#reading.begin(error, performance.now()),
      onFatal: error => this.#fail(error),
    };
  }

  #onRecords(
    epoch: number,
    partition: number,
    records: readonly RawRecord[],
    nextOffset: bigint,
    highWatermark: bigint,
  ): void {
    this.#meter.records(partition, records, nextOffset, highWatermark);
    this.#dispatch({ kind: 'records', epoch, partition, records, nextOffset, highWatermark });
  }

  #createSender(driver: KafkaDriver, log: (line: EngineLogLine) => void): ResultSender {
    const producing = new TroubleLog('producing', log);
    return new ResultSender(driver.producer(), {
      onProduced: workId => this.#dispatch({ kind: 'produced', workId }),
      onRefused: (workId, error) => this.#dispatch({ kind: 'refused', workId, error }),
      onForbidden: error => this.#fail(error),
      onTrouble: error => producing.begin(error, performance.now()),
      onRecovered: () => producing.end(performance.now()),
    });
  }

  #storageHandlers(log: (line: EngineLogLine) => void): PartStorageHandlers {
    const writing = new TroubleLog('writing files', log);
    return {
      onWritten: (part, byteLength) => this.#dispatch({ kind: 'part-written', part, byteLength }),
      onTrouble: error => writing.begin(error, performance.now()),
      onRecovered: () => writing.end(performance.now()),
      onLost: error => this.#fail(error),
      onNote: message => log({ level: 'info', fields: {}, message }),
    };
  }

  #createStateTopic(driver: KafkaDriver, { options }: EngineOptions): StateTopic | undefined {
    const { stateTopic, consumeTopic, groupId, requiresStateTopic: isRequired = false } = options;
    if (stateTopic === undefined) {
      const message = `outcomes are not kept on a topic (--state-topic). ${withoutStateTopic}`;
      this.#listener.onLog({ level: 'info', fields: {}, message });
      return undefined;
    }
    return new StateTopic(
      driver,
      { stateTopic, consumeTopic, groupId, isRequired },
      {
        onRecorded: (workId, isOnTopic) => this.#dispatch({ kind: 'recorded', workId, isOnTopic }),
        onNoted: noteId => this.#dispatch({ kind: 'noted', noteId }),
        onEnded: () => this.#dispatch({ kind: 'recording-ended' }),
        onFatal: error => this.#fail(error),
        onLog: line => this.#listener.onLog(line),
      },
    );
  }

  #createReadBack(driver: KafkaDriver, topic: string): ReadBack {
    return new ReadBack(driver, topic, {
      onRecords: (workId, partition, records) =>
        this.#dispatch({ kind: 'read-back', workId, partition, records }),
      onEnded: (workId, missing) => this.#dispatch({ kind: 'read-back-ended', workId, missing }),
      onLog: line => this.#listener.onLog(line),
    });
  }

  #createDeadLetterTopic(driver: KafkaDriver, { options }: EngineOptions): DeadLetterTopic | undefined {
    const { deadLetterTopic, requiresDeadLetterTopic: isRequired = false } = options;
    const onLog = (line: EngineLogLine): void => this.#listener.onLog(line);
    if (deadLetterTopic === undefined) {
      const message = `no dead letters are written (--dead-letter-topic). ${withoutDeadLetters}`;
      onLog({ level: 'info', fields: {}, message });
      return undefined;
    }
    return new DeadLetterTopic(
      driver,
      { deadLetterTopic, isRequired },
      {
        onDeadLettered: workId => this.#dispatch({ kind: 'dead-lettered', workId }),
        onEnded: () => this.#dispatch({ kind: 'dead-lettering-ended' }),
        onFatal: error => this.#fail(error),
        onLog,
      },
    );
  }

  #createTransactionSender(driver: KafkaDriver, log: (line: EngineLogLine) => void): TransactionSender {
    const committing = new TroubleLog('producing', log);
    return new TransactionSender(this.#consumer, driver.producer(), {
      onForbidden: error => this.#fail(error),
      onTrouble: error => committing.begin(error, performance.now()),
      onRecovered: () => committing.end(performance.now()),
    });
  }

  #fail(error: Error): void {
    if (this.#hasEnded) return;
    this.#listener.onDiscard('all', 'stopped');
    void this.#end({ kind: 'failed', error });
  }

  async #end(end: EngineEnd): Promise<void> {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    clearInterval(this.#ticker);
    this.#readBack.close();
    // Before the partitions are left: who gets them next must not take this end for a death.
    await this.#stateTopic?.noteLast(this.#core.closingMessages);
    const closing = Promise.allSettled([
      this.#consumer.stop(leaveMs),
      this.#sender.close(),
      this.#transactions?.close(),
      this.#stateTopic?.close(),
      this.#storage.close(),
      this.#deadLetterTopic?.close(),
      this.#partitionEnds.close(),
    ]);
    const timer = new AbortController();
    const limit = delay(leaveMs + 1_000, undefined, { signal: timer.signal }).catch(() => undefined);
    await Promise.race([closing, limit]);
    timer.abort();
    this.#reportProgress();
    const { failure } = this.#core;
    this.#resolveEnded(failure === undefined ? end : { kind: 'failed', error: new ProcessorError(failure) });
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
