import type { CompiledWorkerOptions } from '../config/worker-options.js';
import type { ReproducerDefinition } from '../definition/reproducer-definition.js';
import type { Logger } from '../logger.js';
import { backoffDelayMs } from './backoff.js';
import { durationText } from '../duration-text.js';
import { systemClock, type Clock } from './clock.js';
import type { ContentClient } from './content/content-client.js';
import type { CallPlace } from './call-place.js';
import { DataFile } from './data-file.js';
import type { ExclusiveLock } from './exclusive-lock.js';
import { FairLock } from './fair-lock.js';
import { contentOf } from './file-content.js';
import type { DiscardReason, FileOutcome, FileProgress, FileReady, FileSettled } from './file-work.js';
import { MethodCall, type AroundCall, type CallEnd, type CallSetup } from './method-call.js';
import type { ReproducerLock } from './processor-context.js';
import { laneOf, processorMethod } from './processor-method.js';
import { RunQueue, type QueueEntry } from './run-queue.js';
import { serializedErrorText } from './serialize-error.js';

export interface FileProcessingOptions {
  readonly definition: ReproducerDefinition;
  /** An instance of the decorated class, its options already set. */
  readonly instance: object;
  readonly options: Pick<
    CompiledWorkerOptions,
    'consumeTopic' | 'produceTopic' | 'concurrency' | 'attempts' | 'backoffMs' | 'timeoutMs'
  > &
    Partial<Pick<CompiledWorkerOptions, 'memoryBudgetBytes'>>;
  readonly logger: Logger;
  /**
   * The outcome of a file, once per `workId`. Called synchronously by `discard` and `stop` for files whose method does not
   * run, never by `submit`.
   */
  readonly onSettled: (settled: FileSettled) => void;
  /** A file waits for its next attempt, or no longer. Not told when it gets its outcome meanwhile. */
  readonly onBackOff?: (workId: number, isBackingOff: boolean) => void;
  readonly onProgress?: (progress: FileProgress) => void;
  readonly aroundCall?: AroundCall | undefined;
  /** Makes the place where the method is called; default: in this thread. */
  readonly placeCalls?: ((lock: ExclusiveLock) => CallPlace) | undefined;
  /** Reads contents that are held nowhere. */
  readonly contents?: Pick<ContentClient, 'begin' | 'open' | 'release'>;
  readonly clock?: Clock;
  /** From 0 up to 1, for the jitter of the backoff. */
  readonly random?: () => number;
}

/** A submitted file without an outcome. */
interface Work extends QueueEntry {
  readonly ready: FileReady;
  readonly file: DataFile;
  attempts: number;
  /** Start of the first call; undefined before it. */
  startedAtMs?: number;
  /** End of the last call. */
  endedAtMs?: number;
  isDiscarded: boolean;
  call?: MethodCall;
  cancelBackoff?: () => void;
}

/**
 * Runs the user's method once per file, with retries, and turns what it returns into messages.
 *
 * Whatever the method does becomes the outcome of its file: nothing here throws or rejects. At most `concurrency` calls run at a time,
 * in order of submission; a file that waits for its backoff or for its exclusive key takes no place. Between two starts the
 * event loop turns, so that signals and discards get through even to a class whose method never waits.
 */
export class FileProcessing {
  /** The lock that calls get as `context.lock`. */
  readonly lock: ReproducerLock;
  readonly #options: FileProcessingOptions;
  readonly #setup: CallSetup;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #logger: Logger;
  /** Calls that were given up and may still run, with the paths of their files. */
  readonly #leftBehind = new Map<MethodCall, string>();
  /** By work id, in order of submission. */
  readonly #works = new Map<number, Work>();
  readonly #queue = new RunQueue<Work>();
  #nextSequence = 0;
  #runningCount = 0;
  #isPumpScheduled = false;
  #isStopped = false;
  #drained: (() => void)[] = [];

  /** @throws {DecoratorUsageError} the instance has no such method */
  constructor(options: FileProcessingOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? Math.random;
    this.#logger = options.logger;
    const method = processorMethod(options.definition, options.instance, options.options.produceTopic);
    const lock = new FairLock(method.name);
    this.lock = lock;
    this.#setup = {
      method,
      lock,
      holdsLock: options.definition.processor.options.exclusive === true,
      timeoutMs: options.options.timeoutMs,
      logger: options.logger,
      clock: this.#clock,
      onProgress: options.onProgress,
      around: options.aroundCall,
      place: options.placeCalls?.(lock),
    };
  }

  /** Queues a file. After `stop` it is settled as discarded. */
  submit(ready: FileReady): void {
    if (this.#works.has(ready.workId)) {
      this.#logger.error(
        { file: ready.info.path },
        `file ${ready.info.path} was submitted twice under work id ${ready.workId}; the second one is ignored`,
      );
      return;
    }
    const { options, contents } = this.#options;
    const content = contentOf(ready, options.memoryBudgetBytes, contents);
    const file = new DataFile(ready.info, content);
    const lane = laneOf(this.#options.definition, this.#setup.method.name, file);
    const work: Work = {
      ready,
      file,
      sequence: this.#nextSequence++,
      path: file.path,
      lane: lane.kind === 'lane' ? lane.lane : undefined,
      attempts: 0,
      isDiscarded: false,
    };
    this.#works.set(ready.workId, work);
    if (this.#isStopped) {
      this.#clock.defer(() => this.#settle(work, { kind: 'discarded' }));
    } else if (lane.kind === 'failed') {
      this.#clock.defer(() => this.#settle(work, { kind: 'failed', reason: 'threw', error: lane.error }));
    } else {
      this.#queue.add(work);
      this.#schedulePump();
    }
  }

  /**
   * Takes files back: those whose method does not run are settled as discarded at once; a running method gets its signal
   * aborted, and its file is settled as discarded when it ends, whatever it returns. Unknown ids are ignored.
   */
  discard(workIds: Iterable<number>, reason: DiscardReason): void {
    for (const workId of workIds) {
      const work = this.#works.get(workId);
      if (work === undefined) continue;
      work.isDiscarded = true;
      if (work.call === undefined) this.#settle(work, { kind: 'discarded' });
      else work.call.discard(reason);
    }
  }

  /** Takes back every file whose method was not called yet or waits for another attempt; running ones go on. */
  discardQueued(): void {
    for (const work of [...this.#works.values()])
      if (work.call === undefined) this.#settle(work, { kind: 'discarded' });
  }

  /** Takes back every file. Files submitted later are processed as usual. */
  discardAll(reason: DiscardReason): void {
    this.discard([...this.#works.keys()], reason);
  }

  /** Takes back every file, and all that are submitted from now on. @returns as `drain` */
  stop(reason: DiscardReason = 'stopped'): Promise<void> {
    this.#isStopped = true;
    this.discardAll(reason);
    return this.drain();
  }

  /** Resolves when every submitted file has an outcome. Abandoned calls (see `MethodCall`) are not waited for. */
  drain(): Promise<void> {
    if (this.#works.size === 0) return Promise.resolve();
    return new Promise(resolve => this.#drained.push(resolve));
  }

  /** Paths of the files whose method runs in this moment, as far as it is known here; those of calls that were given up too. */
  get filesBeingCalled(): string[] {
    const called = [...this.#works.values()].filter(({ call }) => call?.startedAtMs !== undefined);
    return [...called.map(({ path }) => path), ...this.filesLeftBehind];
  }

  /** Paths of the files whose calls were given up and still run. */
  get filesLeftBehind(): string[] {
    for (const call of this.#leftBehind.keys()) if (!call.isLeftBehind) this.#leftBehind.delete(call);
    return [...this.#leftBehind.values()];
  }

  #schedulePump(): void {
    if (this.#isPumpScheduled || this.#runningCount >= this.#options.options.concurrency) return;
    if (this.#queue.waiting.length === 0) return;
    this.#isPumpScheduled = true;
    this.#clock.defer(() => {
      this.#isPumpScheduled = false;
      const work = this.#queue.takeNext();
      if (work === undefined) return;
      void this.#call(work);
      this.#schedulePump();
    });
  }

  async #call(work: Work): Promise<void> {
    this.#runningCount += 1;
    const call = new MethodCall(this.#setup, work.ready, work.file, work.attempts + 1);
    work.call = call;
    this.#options.contents?.begin(work.ready.workId);
    const end = await call.run();
    this.#options.contents?.release(work.ready.workId);
    delete work.call;
    if (call.isLeftBehind) this.#leftBehind.set(call, work.path);
    if (call.startedAtMs !== undefined) {
      work.attempts += 1;
      work.startedAtMs ??= call.startedAtMs;
      work.endedAtMs = this.#clock.now();
    }
    this.#runningCount -= 1;
    this.#queue.leaveLane(work);
    this.#afterCall(work, end);
    this.#schedulePump();
  }

  #afterCall(work: Work, end: CallEnd): void {
    // Taken back between the end of the call and this line: the call does not know.
    if (end.kind === 'discarded' || work.isDiscarded) {
      this.#settle(work, { kind: 'discarded' });
    } else if (end.kind === 'returned') {
      const { messages, skipped } = end;
      this.#settle(work, { kind: 'done', messages, ...(skipped === undefined ? {} : { skipped }) });
    } else if (end.isRetriable && work.attempts < this.#options.options.attempts) {
      this.#retryLater(work, end);
    } else {
      const { reason, error } = end;
      if (reason === 'returned-nothing') this.#logger.warn({ file: work.path }, error.message);
      this.#settle(work, { kind: 'failed', reason, error });
    }
  }

  #retryLater(work: Work, end: CallEnd & { kind: 'failed' }): void {
    const { attempts, backoffMs } = this.#options.options;
    const delayMs = backoffDelayMs(backoffMs, work.attempts, this.#random());
    this.#logger.warn(
      { file: work.path, attempt: work.attempts, attempts, error: end.error },
      `${this.#setup.method.name} failed for ${work.path} (attempt ${work.attempts} of ${attempts}, ` +
        `next try in ${durationText(delayMs)}): ${serializedErrorText(end.error)}`,
    );
    this.#options.onBackOff?.(work.ready.workId, true);
    work.cancelBackoff = this.#clock.after(delayMs, () => {
      delete work.cancelBackoff;
      this.#options.onBackOff?.(work.ready.workId, false);
      this.#queue.add(work);
      this.#schedulePump();
    });
  }

  /** The only place where a file gets its outcome; the second of two is ignored. */
  #settle(work: Work, outcome: FileOutcome): void {
    if (!this.#works.delete(work.ready.workId)) return;
    work.cancelBackoff?.();
    this.#queue.finish(work);
    this.#schedulePump();
    const { startedAtMs = 0, endedAtMs = 0, attempts, ready } = work;
    const processingMs = endedAtMs - startedAtMs;
    try {
      this.#options.onSettled({ workId: ready.workId, outcome, attempts, processingMs });
    } catch (error) {
      this.#logger.error(
        { err: error, file: work.path },
        `the outcome of ${work.path} could not be handed over`,
      );
    }
    if (this.#works.size > 0) return;
    for (const resolve of this.#drained.splice(0)) resolve();
  }
}
