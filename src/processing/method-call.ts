import { describeError, ProcessorCrashedError, ProcessorError, ProcessorTimeoutError } from '../errors.js';
import type { Logger } from '../logger.js';
import { CallContext } from './call-context.js';
import { durationText } from '../duration-text.js';
import type { Clock } from './clock.js';
import type { DataFile } from './data-file.js';
import type { CallPlace, CallSeat } from './call-place.js';
import type { ExclusiveLock, Holding } from './exclusive-lock.js';
import type { DiscardReason, FileProgress, FileReady } from './file-work.js';
import { invokeMethod, withoutStack, type Method, type MethodResult } from './invoke-method.js';

/** What all calls of one class have in common. */
export interface CallSetup {
  readonly method: Method;
  readonly lock: ExclusiveLock;
  /** `exclusive: true`: every call runs holding `lock`. */
  readonly holdsLock: boolean;
  readonly timeoutMs: number | undefined;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly onProgress: ((progress: FileProgress) => void) | undefined;
  /** Makes each call; default: just so. */
  readonly around?: AroundCall | undefined;
  /** Where calls are made; undefined: in this thread. */
  readonly place?: CallPlace | undefined;
}

/** Runs one call of the method inside of something of its own, e.g. a span. */
export type AroundCall = (
  call: { readonly workId: number; readonly attempt: number },
  act: () => Promise<MethodResult>,
) => Promise<MethodResult>;

/** How one call ended. */
export type CallEnd = MethodResult | { readonly kind: 'discarded' };

/** Nobody wants the result of a running call any more; the reason of its abort signal. */
export class FileDiscardedError extends ProcessorError {
  override readonly retriable = false;
}

/** A call is waited for at least so long after it was told to stop; one in another thread or process exactly so long. */
const minGraceMs = 5_000;
/** A call that still runs so long after it was told to stop is mentioned in the log. */
const patienceMs = 1_000;

/**
 * One attempt: one call of the user's method with one file, from the lock to the encoded messages.
 *
 * JavaScript cannot stop a function that runs in its own thread. So after the time limit the call is told to stop (its signal) and waited
 * for: the file is not tried again beside it. If it has not ended after as long again (5 s at least), it is abandoned:
 * the file fails without further attempts, and its place, its lock and its key go to the next file although the call may
 * still run. That it may then overlap with the next one is the price for one stuck file not stopping all others; an
 * error is logged. Without `timeoutMs` a call is waited for without limit.
 *
 * In another place (`CallPlace`) it can be ended by force, and is, 5 s after it was told to stop, with a limit or without. That is the end of
 * the attempt like any other: nothing runs on, so the file may be tried again.
 *
 * The limit counts from the call, not from the wait for the lock. A method that computes without ever waiting ends
 * before the timer can fire: its result counts, however late.
 */
export class MethodCall {
  readonly #setup: CallSetup;
  readonly #ready: FileReady;
  readonly #file: DataFile;
  readonly #abort = new AbortController();
  readonly #context: CallContext;
  #stage: 'waiting' | 'running' | 'stopping' | 'ended' | 'abandoned' = 'waiting';
  #startedAtMs: number | undefined;
  #isDiscarded = false;
  #timeout: ProcessorTimeoutError | undefined;
  #holding: Holding | undefined;
  /** Where the call is made, if not in this thread. */
  #seat: CallSeat | undefined;
  #cancelTimer: () => void = () => undefined;
  #resolve!: (end: CallEnd) => void;

  constructor(setup: CallSetup, ready: FileReady, file: DataFile, attempt: number) {
    this.#setup = setup;
    this.#ready = ready;
    this.#file = file;
    this.#context = new CallContext({ ...setup, ready, attempt, signal: this.#abort.signal });
  }

  /** When the method was called; undefined before. */
  get startedAtMs(): number | undefined {
    return this.#startedAtMs;
  }

  /** It was given up, and still runs. */
  get isLeftBehind(): boolean {
    return this.#stage === 'abandoned';
  }

  /** Calls the method. Never rejects. To be called once. */
  run(): Promise<CallEnd> {
    return new Promise(resolve => {
      this.#resolve = resolve;
      void this.#run();
    });
  }

  /** Tells the method to stop; whatever it returns, the call ends as discarded. */
  discard(reason: DiscardReason): void {
    if (this.#isDiscarded || this.#stage === 'ended' || this.#stage === 'abandoned') return;
    this.#isDiscarded = true;
    const why =
      reason === 'stopped'
        ? 'the worker stops and does not wait for it'
        : 'its partition was taken from this worker; the one that has it now processes the file';
    const what = `${this.#setup.method.name}: the result of ${this.#file.path} is no longer wanted`;
    this.#tellToStop(new FileDiscardedError(`${what}: ${why}`));
  }

  async #run(): Promise<void> {
    const { lock, holdsLock, around, place } = this.#setup;
    try {
      // Before the lock and the time limit: what it takes to start a process belongs to neither.
      this.#seat = await place?.take(this.#abort.signal);
      if (holdsLock) this.#holding = await lock.acquire([this.#abort.signal]);
      this.#abort.signal.throwIfAborted();
    } catch (error) {
      this.#seat?.leave();
      if (this.#abort.signal.aborted) this.#finish('ended', { kind: 'discarded' });
      else this.#failBefore(error);
      return;
    }
    this.#start();
    const act = () => this.#invoke();
    const { workId } = this.#ready;
    const invoke = () => around?.({ workId, attempt: this.#context.attempt }, act) ?? act();
    const result = await (this.#holding === undefined ? invoke() : lock.runHolding(this.#holding, invoke));
    this.#onReturn(result);
  }

  /** An attempt, though the method was not called: what goes on for ever without one would go on without a word. */
  #failBefore(cause: unknown): void {
    const error = new ProcessorCrashedError(
      `${this.#setup.method.name} was not called with ${this.#file.path}: ${describeError(cause)}`,
    );
    this.#start();
    this.#onReturn({ kind: 'failed', reason: 'crashed', error: withoutStack(error), isRetriable: true });
  }

  #invoke(): Promise<MethodResult> {
    const ready = this.#ready;
    const context = this.#context;
    const holdsLock = this.#holding !== undefined;
    return (
      this.#seat?.invoke({ ready, context, holdsLock }) ??
      invokeMethod(this.#setup.method, ready, this.#file, context)
    );
  }

  #start(): void {
    const { timeoutMs, clock } = this.#setup;
    this.#stage = 'running';
    this.#startedAtMs = clock.now();
    if (timeoutMs !== undefined)
      this.#cancelTimer = clock.after(timeoutMs, () => this.#onTimeLimit(timeoutMs));
  }

  #onReturn(result: MethodResult): void {
    if (this.#stage !== 'abandoned') {
      this.#finish('ended', this.#stopped(true) ?? result);
      return;
    }
    const { logger, method } = this.#setup;
    const file = this.#file.path;
    this.#stage = 'ended';
    logger.warn({ file }, `${method.name} ended its abandoned work on ${file}; its result is ignored`);
  }

  /** The end of a call that was told to stop; undefined when it was not. */
  #stopped(isRetriable: boolean): CallEnd | undefined {
    if (this.#isDiscarded) return { kind: 'discarded' };
    if (this.#timeout === undefined) return undefined;
    return { kind: 'failed', reason: 'timed-out', error: withoutStack(this.#timeout), isRetriable };
  }

  #onTimeLimit(timeoutMs: number): void {
    this.#timeout = new ProcessorTimeoutError(
      `${this.#setup.method.name} did not finish ${this.#file.path} within ${durationText(timeoutMs)}`,
    );
    this.#tellToStop(this.#timeout);
  }

  #tellToStop(reason: Error): void {
    if (this.#stage === 'running') {
      this.#stage = 'stopping';
      this.#cancelTimer();
      this.#waitForEnd();
    }
    this.#abort.abort(reason);
  }

  #waitForEnd(): void {
    const { clock, logger, method, timeoutMs } = this.#setup;
    const seat = this.#seat;
    const longestMs = timeoutMs === undefined ? undefined : Math.max(timeoutMs, minGraceMs);
    const graceMs = seat === undefined ? longestMs : minGraceMs;
    const file = this.#file.path;
    this.#cancelTimer = clock.after(patienceMs, () => {
      const leftMs = graceMs === undefined ? undefined : graceMs - patienceMs;
      const limit = leftMs === undefined ? 'until it ends' : `for at most ${durationText(leftMs)} more`;
      logger.warn(
        { file },
        `${method.name} was told to stop its work on ${file} and goes on: it ignores context.signal. ` +
          `Its place stays taken ${limit}`,
      );
      if (leftMs === undefined) return;
      this.#cancelTimer = clock.after(leftMs, () =>
        seat === undefined ? this.#abandon(longestMs!) : this.#kill(seat),
      );
    });
  }

  /** What it was told to stop for decides what becomes of the file; that it was killed is how it ended. */
  #kill(seat: CallSeat): void {
    const { clock, logger, method } = this.#setup;
    const file = this.#file.path;
    logger.error(
      { file },
      `${method.name} still works on ${file} ${durationText(minGraceMs)} after it was told to stop: the ${seat.name} ` +
        'that it runs in is killed, and the next file gets another',
    );
    seat.kill();
    // A thread in native code cannot be ended.
    this.#cancelTimer = clock.after(minGraceMs, () => this.#abandon(2 * minGraceMs));
  }

  #abandon(graceMs: number): void {
    const { logger, method } = this.#setup;
    const file = this.#file.path;
    logger.error(
      { file },
      `${method.name} still works on ${file} ${durationText(graceMs)} after it was told to stop: it ignores ` +
        'context.signal. It is not waited for any longer: the next files run beside it, exclusive ones too',
    );
    this.#finish('abandoned', this.#stopped(false)!);
  }

  #finish(stage: 'ended' | 'abandoned', end: CallEnd): void {
    this.#stage = stage;
    this.#cancelTimer();
    this.#context.end();
    this.#holding?.release();
    this.#resolve(end);
  }
}
