import type { ReproducerHandle } from '../bootstrap/create-reproducer.js';
import type { WorkerEvents, WorkerState } from '../bootstrap/worker-events.js';
import type { CompiledWorkerOptions } from '../config/worker-options.js';
import type { EngineProgress } from '../engine/engine.js';
import type { LogLine } from '../logger.js';
import type { RunSummary } from '../observe/run-summary.js';
import type { CapturedLog } from './captured-log.js';
import { readResults } from './read-results.js';
import { readingPosition } from './reading-position.js';
import type { TestKafka } from './test-kafka.js';
import type { TestResult } from './test-result.js';
import { until, type WaitOptions } from './until.js';

/** How a file ended: the worker's own report, `file-done` or `file-failed` in `kind`. */
export type FileEnd = WorkerEvents['file-done'] | WorkerEvents['file-failed'];
export type BadInput = WorkerEvents['bad-input'];

/** A running worker, as a test handles it. Every wait ends with an error that tells what there was instead. */
export class ReproducerInTest {
  /** Files that have an outcome, in that order; a path comes again with each new version of it. */
  readonly files: FileEnd[] = [];
  /** Messages that are no usable chunk. */
  readonly badInput: BadInput[] = [];
  readonly #worker: ReproducerHandle;
  readonly #log: CapturedLog;
  #progress: EngineProgress | undefined;
  #progressCount = 0;

  /** @internal Made by `runReproducerInTest`, before the worker is started. */
  constructor(
    readonly kafka: TestKafka,
    worker: ReproducerHandle,
    log: CapturedLog,
    private readonly settings: () => CompiledWorkerOptions,
  ) {
    this.#worker = worker;
    this.#log = log;
    worker.on('file-done', end => this.files.push(end));
    worker.on('file-failed', end => this.files.push(end));
    worker.on('bad-input', input => this.badInput.push(input));
    worker.on('progress', progress => {
      this.#progress = progress;
      this.#progressCount += 1;
    });
  }

  get state(): WorkerState {
    return this.#worker.state;
  }

  /** The worker's options, every default filled in. */
  get options(): CompiledWorkerOptions {
    return this.settings();
  }

  /** What the worker logged, oldest first. Empty when a `logger` was given. */
  get logLines(): readonly LogLine[] {
    return this.#log.lines;
  }

  /** Resolves with the summary when the worker has ended by itself (`untilIdle`, `limit`) or was stopped. Never rejects. */
  get ended(): Promise<RunSummary> {
    return this.#worker.ended;
  }

  /** What was done so far. */
  summary(): RunSummary {
    return this.#worker.summary();
  }

  /** The results that are on the topic it produces to; see `readResults`. Empty for a file processor. */
  results(): Promise<TestResult[]> {
    const { produceTopic } = this.settings();
    return produceTopic === undefined ? Promise.resolve([]) : readResults(this.kafka, produceTopic);
  }

  /**
   * Waits until a file has an outcome: its results are on the topic, it was skipped, or it was given up.
   * @param options - `count`: how many versions of it have one (default 1)
   * @returns the last of them
   * @throws {Error} the time is over, or the worker has ended without
   */
  async untilFile(path: string, options: WaitOptions & { readonly count?: number } = {}): Promise<FileEnd> {
    const { count = 1 } = options;
    const ends = (): FileEnd[] => this.files.filter(({ file }) => file.path === path);
    const what = count === 1 ? `an outcome of ${path}` : `${count} outcomes of ${path}`;
    await this.#until(what, () => ends().length >= count, options);
    return ends()[count - 1]!;
  }

  /**
   * Waits until so many files have an outcome.
   * @throws {Error} as `untilFile`
   */
  async untilFiles(count: number, options: WaitOptions = {}): Promise<readonly FileEnd[]> {
    await this.#until(`${count} files with an outcome`, () => this.files.length >= count, options);
    return this.files;
  }

  /**
   * Waits until nothing is left to do: all that is on the topic has been read and committed, and every whole file has
   * an outcome. Files that are not whole stay as they are. Takes up to two seconds when there are such files.
   * @throws {Error} as `untilFile`
   */
  async untilIdle(options: WaitOptions = {}): Promise<void> {
    let seenAtEnd: number | undefined;
    const isIdle = (): boolean => {
      const { groupId, consumeTopic } = this.settings();
      const { isAtEnd, openFileCount } = readingPosition(this.kafka, groupId, consumeTopic);
      if (!isAtEnd) {
        seenAtEnd = undefined;
        return false;
      }
      if (openFileCount === 0) return true;
      // Open files may be incomplete or just being processed: the worker tells once a second which.
      seenAtEnd ??= this.#progressCount;
      return this.#progressCount > seenAtEnd && this.#progress?.pipelineFileCount === 0;
    };
    await this.#until('nothing left to do', isIdle, options);
  }

  /**
   * Waits for a line of the log.
   * @param wanted - a part of its text, or a pattern
   * @throws {Error} as `untilFile`
   */
  async untilLogLine(wanted: string | RegExp, options: WaitOptions = {}): Promise<LogLine> {
    await this.#until(
      `a log line with ${String(wanted)}`,
      () => this.#log.find(wanted) !== undefined,
      options,
    );
    return this.#log.find(wanted)!;
  }

  /** Stops it as SIGTERM does: running calls end, offsets are committed. May be called again, and after the end. */
  stop(): Promise<RunSummary> {
    return this.#worker.stop();
  }

  #until(what: string, isReached: () => boolean, options: WaitOptions): Promise<void> {
    const look = (): boolean => {
      if (isReached()) return true;
      if (this.state !== 'stopped' && this.state !== 'failed') return false;
      throw new Error(`the worker ended before this was reached: ${what}${this.#describe()}`);
    };
    return until(what, look, options, () => this.#describe());
  }

  #describe(): string {
    const ends = this.files.map(end =>
      end.kind === 'file-done' ? `${end.file.path} done` : `${end.file.path} failed (${end.error})`,
    );
    const { error } = this.summary();
    return [
      `\nThe worker is ${this.state}${error === undefined ? '' : `: ${error}`}.`,
      `\nFiles with an outcome: ${ends.length === 0 ? 'none' : ends.join(', ')}.`,
      this.badInput.length === 0 ? '' : `\nMessages that are no usable chunk: ${this.badInput.length}.`,
      `\nIts log ends with:${this.#log.tail()}`,
    ].join('');
  }
}
