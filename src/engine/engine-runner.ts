import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { asError, ProcessorError } from '../errors.js';
import type { ConsumerHandlers, ConsumerPort, KafkaDriver, RawRecord } from '../kafka/driver.js';
import { tellOfTrouble } from '../kafka/tell-of-trouble.js';
import type { ContentRequest } from '../processing/content/content-messages.js';
import type { FileSettled } from '../processing/file-work.js';
import { Committer } from './committer.js';
import { notWritten } from './dead-letters/dead-letter-topic.js';
import { EngineCore } from './engine-core.js';
import { engineCoreOptions } from './engine-core-options.js';
import { EngineFiles, type CreateStorage } from './engine-files.js';
import { createOutlets, type EngineOutlets } from './engine-outlets.js';
import type { EngineEnd, EngineListener, EngineLogLine, EngineOptions, RunningEngine } from './engine.js';
import type { EngineCommand, EngineEvent } from './messages.js';
import { unfinishedFiles } from './open-file.js';
import { PartitionEnds } from './partition-ends.js';
import { ProgressMeter } from './progress-meter.js';
import { notKept } from './state-records.js';
import { groupMembership } from './group-membership.js';
import { TroubleLog } from './trouble-log.js';

const tickMs = 100;
const ticksPerProgress = 10;
/** How long leaving the group and closing connections may take. */
const leaveMs = 5_000;
/** After the deadline of the drain: for the last commit. */
const lastCommitMs = 3_000;

/** Runs the core: turns what Kafka and the user's thread say into its events, and carries out its commands. */
export class EngineRunner implements RunningEngine {
  readonly ended: Promise<EngineEnd>;
  readonly #listener: EngineListener;
  readonly #core: EngineCore;
  readonly #consumer: ConsumerPort;
  readonly #outlets: EngineOutlets;
  readonly #committer: Committer;
  readonly #files: EngineFiles;
  readonly #partitionEnds: PartitionEnds;
  readonly #meter = new ProgressMeter();
  readonly #reading: TroubleLog;
  /** Trouble before the first assignment is told early. */
  readonly #endTelling: () => void;
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
    createStorage?: CreateStorage,
  ) {
    const { options, runId = randomUUID() } = engineOptions;
    const log = (line: EngineLogLine): void => listener.onLog(line);
    const topic = options.consumeTopic;
    this.#listener = listener;
    this.ended = new Promise(resolve => (this.#resolveEnded = resolve));
    this.#core = new EngineCore(engineCoreOptions(engineOptions, runId));
    this.#reading = new TroubleLog('reading', log);
    this.#consumer = driver.consumer(
      { ...options, topic, minBytes: 1, runId, ...groupMembership(engineOptions) },
      this.#consumerHandlers(),
    );
    const hooks = {
      dispatch: (event: EngineEvent): void => this.#dispatch(event),
      onFatal: (error: Error): void => this.#fail(error),
      onLog: log,
      hasRoom: () => this.#core.hasRoomToReadAgain,
      ...(listener.watcher === undefined ? {} : { watcher: listener.watcher }),
    };
    listener.watcher?.watch(() => unfinishedFiles(this.#core.openFiles, performance.timeOrigin));
    this.#outlets = createOutlets(driver, this.#consumer, engineOptions, hooks);
    this.#committer = new Committer(this.#consumer, this.#outlets.transactions, {
      ...hooks,
      onMeasured: commit => this.#meter.committed(commit),
    });
    this.#files = new EngineFiles(options, this.#outlets.contentReader, listener, hooks, createStorage);
    this.#partitionEnds = new PartitionEnds(driver, topic);
    this.#ticker = setInterval(() => this.#tick(), tickMs);
    // The client itself says why only once it has given up.
    this.#endTelling = tellOfTrouble(driver, error => this.#reading.begin(error, performance.now()));
    this.#start().catch((error: unknown) => this.#fail(asError(error)));
  }

  settle(settled: FileSettled): void {
    this.#dispatch({ kind: 'settled', settled });
  }

  backOff(workId: number, isBackingOff: boolean): void {
    this.#dispatch({ kind: 'backing-off', workId, isBackingOff });
  }

  content(request: ContentRequest): void {
    this.#files.content(request);
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
    this.#dispatch({ kind: 'names-fold', folding: await this.#files.open() });
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
      this.#outlets.readBack.goOn();
    } catch (error) {
      // A mistake of ours: what the engine knows may be half changed, so nothing may be committed from it.
      this.#fail(asError(error));
    } finally {
      this.#isHandling = false;
    }
  }

  #carryOut(command: EngineCommand): void {
    switch (command.kind) {
      case 'discard':
        return this.#discard(command);
      case 'produce':
        return this.#outlets.sender.send(command.workId, command.messages);
      case 'record':
        return this.#outlets.stateTopic!.record(command.workId, command.message);
      case 'drop-records':
        this.#outlets.stateTopic?.drop(command.recordIds);
        return this.#outlets.deadLetterTopic?.drop(command.letterIds);
      case 'note':
        return this.#outlets.stateTopic!.note(command.noteId, command.messages);
      case 'read-back':
        return this.#outlets.readBack.read(command.workId, command.chunks);
      case 'dead-letter':
        return this.#outlets.deadLetterTopic!.send(command.workId, command.message);
      case 'read-outcomes':
        return void this.#readOutcomes(command.readId);
      case 'commit':
        return void this.#committer.commit(command);
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
      default:
        return this.#files.carryOut(command);
    }
  }

  #discard({ scope, reason }: EngineCommand & { kind: 'discard' }): void {
    this.#files.takeBack(scope);
    // Who stops sends what was returned already.
    if (reason === 'partition-lost' && scope !== 'queued') this.#outlets.sender.drop(scope);
    this.#listener.onDiscard(scope, reason);
  }

  #endOf({ reason, unfinishedFileCount }: EngineCommand & { kind: 'drained' }): EngineEnd {
    // A stop for a failure is told by the core's `failure`.
    if (this.#isAbandoned || reason === 'failure') return { kind: 'abandoned', unfinishedFileCount };
    return { kind: 'drained', reason };
  }

  async #readOutcomes(readId: number): Promise<void> {
    const { stateTopic, deadLetterTopic } = this.#outlets;
    const outcomes = stateTopic?.read() ?? Promise.resolve(notKept);
    const keptOn = outcomes.then(({ isKept }) => (isKept ? stateTopic?.name : undefined));
    const [reading, letters] = await Promise.all([outcomes, deadLetterTopic?.open(keptOn) ?? notWritten]);
    this.#dispatch({
      ...{ kind: 'outcomes-read', readId, ...reading, writesDeadLetters: letters.isUsed },
      ...(letters.standIn === undefined ? {} : { lettersStandIn: letters.standIn }),
    });
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
        this.#endTelling();
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

  #fail(error: Error): void {
    if (this.#hasEnded) return;
    this.#listener.onDiscard('all', 'stopped');
    void this.#end({ kind: 'failed', error });
  }

  async #end(end: EngineEnd): Promise<void> {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    clearInterval(this.#ticker);
    this.#endTelling();
    // The core is told nothing any more, so it could not take them back.
    this.#outlets.sender.drop('all');
    this.#outlets.readBack.close();
    this.#files.endReading();
    // Before the partitions are left: who gets them next must not take this end for a death.
    await this.#outlets.stateTopic?.noteLast(this.#core.closingMessages);
    const closing = Promise.allSettled([
      this.#consumer.stop(leaveMs),
      this.#outlets.sender.close(),
      this.#outlets.transactions?.close(),
      this.#outlets.stateTopic?.close(),
      this.#files.closeStorage(),
      this.#outlets.deadLetterTopic?.close(),
      this.#partitionEnds.close(),
      this.#outlets.contentReader.close(),
    ]);
    const timer = new AbortController();
    const limit = delay(leaveMs + 1_000, undefined, { signal: timer.signal }).catch(() => undefined);
    await Promise.race([closing, limit]);
    timer.abort();
    this.#files.endHashing();
    this.#reportProgress();
    const { failure } = this.#core;
    this.#resolveEnded(failure === undefined ? end : { kind: 'failed', error: new ProcessorError(failure) });
  }
}
