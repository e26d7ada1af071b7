import { durationText } from '../duration-text.js';
import type { Engine, EngineEnd, EngineListener } from '../engine/engine.js';
import type { StartEngine } from '../engine/start-engine.js';
import { describeError, IllegalStateError, UsageError } from '../errors.js';
import { checkListenAddress } from '../observe/metrics/check-listen-address.js';
import type { LiveProgress } from '../observe/live-progress.js';
import { loadOpenTelemetry } from '../observe/tracing/load-open-telemetry.js';
import { startLine } from '../observe/start-line.js';
import { notRunSummary, type RunSummary } from '../observe/run-summary.js';
import { exitCodeOf } from './exit-code.js';
import { connectRun, type ConnectedRun } from './connect-run.js';
import type { PreparedRun } from './prepare-run.js';
import { WorkerEmitter, type WorkerEvents, type WorkerState } from './worker-events.js';

/** Calls that were told to stop when the worker ended have so long to clean up before `onStop`. */
const cleanUpMs = 1_000;

export interface ReproducerWorkerOptions {
  /** For the summary, as long as nothing better is known. */
  readonly name: string;
  /** Makes the instance and resolves the configuration; called once, by `start`. */
  readonly prepare: () => Promise<PreparedRun>;
  /** Called once, by `start`. */
  readonly loadEngine: () => Promise<StartEngine>;
  /** Shows progress on the terminal. */
  readonly live?: LiveProgress;
  /** What the first line says of that; default: the topic, in its group. */
  readonly reads?: string;
}

/**
 * One worker in this process: the engine (Kafka, in its own thread) and the calls of the user's method, connected.
 *
 * It goes through its states once: created, running, draining, stopped; or failed from any of the first three. `failed`
 * means that it cannot go on: the class or the configuration is wrong, a hook threw, or Kafka refused something for good.
 */
export class ReproducerWorker {
  readonly #options: ReproducerWorkerOptions;
  readonly #emitter = new WorkerEmitter();
  readonly #stopping = new AbortController();
  #state: WorkerState = 'created';
  #running: ConnectedRun | undefined;
  #engine: Engine | undefined;
  #deadline: NodeJS.Timeout | undefined;
  /** The summary as long as nothing runs. */
  #notRun: RunSummary;
  #resolveEnded!: (summary: RunSummary) => void;
  /** Resolves with the last summary when the worker is stopped or failed. Never rejects. */
  readonly ended: Promise<RunSummary>;

  constructor(options: ReproducerWorkerOptions) {
    this.#options = options;
    this.#notRun = notRunSummary(options.name, 0);
    this.ended = new Promise(resolve => (this.#resolveEnded = resolve));
  }

  get state(): WorkerState {
    return this.#state;
  }

  /** What was done so far. */
  summary(): RunSummary {
    return this.#running?.observer.summary() ?? this.#notRun;
  }

  /** Paths of the files whose method runs in this moment. */
  get filesBeingCalled(): readonly string[] {
    return this.#running?.processing.filesBeingCalled ?? [];
  }

  /** Paths of the files whose calls were given up and still run; in this thread nothing can end them but the end of the process. */
  get filesLeftBehind(): readonly string[] {
    return this.#running?.processing.filesLeftBehind ?? [];
  }

  on<K extends keyof WorkerEvents>(event: K, listener: (value: WorkerEvents[K]) => void): () => void {
    return this.#emitter.on(event, listener);
  }

  /** Writes a line of progress to the log. */
  printProgress(): void {
    this.#running?.observer.printProgress();
  }

  /**
   * Starts: makes the instance, resolves the configuration, calls `onStart`, connects. Resolves when reading has been
   * started; an unreachable broker is waited for after that.
   *
   * @throws {IllegalStateError} it was started before
   * @throws {DecoratorUsageError | ConfigError} with all mistakes
   * @throws {ProcessorError} `onStart` threw; `cause` is what it threw
   */
  async start(): Promise<void> {
    if (this.#state !== 'created') {
      throw new IllegalStateError(
        `${this.#options.name}: start() needs a worker that was not started before; this one is ${this.#state}. Make a new one with createReproducer`,
      );
    }
    this.#setState('running');
    try {
      const run = await this.#options.prepare();
      const startEngine = await this.#options.loadEngine();
      const { metrics } = run.configuration.options;
      if (metrics !== undefined) await checkListenAddress('--metrics', metrics);
      this.#running = connectRun(run, {
        openTelemetry: await loadOpenTelemetry(),
        live: this.#options.live,
        stopping: this.#stopping.signal,
        engine: () => this.#engine,
      });
      for (const warning of run.configuration.warnings) run.logger.warn({}, warning);
      await this.#running.hooks.start();
      if (this.#stopping.signal.aborted) await this.#finish({ kind: 'drained', reason: 'stopped' });
      else this.#startEngine(this.#running, startEngine);
    } catch (error) {
      this.#fail(error);
      throw error;
    }
  }

  /**
   * Stops reading, lets running calls end until `drainTimeout` has passed, commits, leaves the group. May be called again, and
   * after the end.
   *
   * @returns the last summary
   * @throws {IllegalStateError} it was never started
   */
  async stop(): Promise<RunSummary> {
    if (this.#state === 'created') {
      throw new IllegalStateError(`${this.#options.name}: stop() needs a started worker; call start() first`);
    }
    if (this.#stopping.signal.aborted || this.#isOver()) return this.ended;
    this.#setState('draining');
    this.#stopping.abort(new Error('the worker was told to stop'));
    if (this.#engine !== undefined) this.#drain(this.#engine, this.#running!.run);
    return this.ended;
  }

  #startEngine(running: ConnectedRun, startEngine: StartEngine): void {
    const { definition, configuration } = running.run;
    const { options } = configuration;
    const { name, version } = definition;
    running.observer.write(startLine(name, options, this.#options.reads));
    const engine = startEngine(
      { options, name, ...(version === undefined ? {} : { version }) },
      this.#listener(running),
    );
    this.#engine = engine;
    running.run.logRelay?.connect(line => engine.keepLogLine(line));
    engine.ended
      .then(end => this.#finish(end))
      .catch((error: unknown) => {
        running.run.logger.error({ err: error }, `${name} could not end properly`);
        this.#end('failed');
      });
  }

  #listener({ observer, processing, contents, tracer, run }: ConnectedRun): EngineListener {
    return {
      onFileReady: file => {
        observer.calls.begin(file.workId, file.info.path);
        tracer?.begin(file);
        processing.submit(file);
      },
      onDiscard: (scope, reason) => {
        if (scope === 'queued') processing.discardQueued();
        else if (scope === 'all') processing.discardAll(reason);
        else processing.discard(scope, reason);
      },
      onReport: report => {
        observer.onReport(report);
        if (report.kind === 'file-done' || report.kind === 'file-failed') tracer?.ended(report);
        if (report.kind === 'draining' && this.#state === 'running') this.#setState('draining');
        if (report.kind === 'draining' && report.reason === 'failure' && this.#engine !== undefined)
          this.#drain(this.#engine, run);
        this.#emitter.emitReport(report, run.logger);
      },
      onProgress: progress => {
        observer.onProgress(progress);
        this.#emitter.emit('progress', progress, run.logger);
      },
      onLog: line => observer.onLog(line),
      onContent: answer => contents.take(answer),
    };
  }

  #drain(engine: Engine, { logger, configuration }: PreparedRun): void {
    const { drainTimeoutMs } = configuration.options;
    engine.stop();
    // Told to stop after it had ended itself for a failure.
    clearTimeout(this.#deadline);
    this.#deadline = setTimeout(() => {
      logger.warn(
        {},
        `not all calls have ended ${durationText(drainTimeoutMs)} after the stop: leaving without them`,
      );
      engine.abandon();
    }, drainTimeoutMs);
  }

  /** The engine has left the group: gives back what is left, calls `onStop`, says what was done. */
  async #finish(end: EngineEnd): Promise<void> {
    const { observer, processing, tracer, hooks, children, run } = this.#running!;
    clearTimeout(this.#deadline);
    // It wants no outcomes any more.
    this.#engine = undefined;
    if (!this.#stopping.signal.aborted) this.#stopping.abort(new Error('the worker has ended'));
    const { drainTimeoutMs } = run.configuration.options;
    // What `onStop` closes, a call that heeds its signal still cleans up with.
    await settledWithin(processing.stop('stopped'), Math.min(cleanUpMs, drainTimeoutMs));
    tracer?.close();
    observer.end(end);
    const error = await hooks.stop(observer.summary());
    if (error !== undefined) observer.end({ kind: 'failed', error });
    // None is left but one that a hook keeps beyond its time.
    children?.kill();
    observer.writeEnd();
    this.#end(observer.summary().outcome === 'failed' ? 'failed' : 'stopped');
  }

  /** The start did not come about. */
  #fail(error: unknown): void {
    const asError = error instanceof Error ? error : new Error(String(error));
    this.#notRun = notRunSummary(this.#options.name, exitCodeOf(error), describeError(error));
    this.#running?.observer.end({ kind: 'failed', error: asError });
    this.#running?.children?.kill();
    // As when the configuration is wrong: nothing has run.
    if (error instanceof UsageError) this.#running = undefined;
    if (!this.#stopping.signal.aborted) this.#stopping.abort(asError);
    this.#end('failed');
  }

  #end(state: 'stopped' | 'failed'): void {
    this.#setState(state);
    this.#resolveEnded(this.summary());
  }

  #isOver(): boolean {
    return this.#state === 'stopped' || this.#state === 'failed';
  }

  #setState(state: WorkerState): void {
    this.#state = state;
    this.#emitter.emit('state', state, this.#running?.run.logger);
  }
}

/** Waits for something that never rejects, but no longer than so. */
async function settledWithin(promise: Promise<void>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>(resolve => (timer = setTimeout(resolve, ms)));
  await Promise.race([promise, late]);
  clearTimeout(timer);
}
