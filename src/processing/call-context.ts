import { NonRetriableError } from '../errors.js';
import type { Logger } from '../logger.js';
import type { Clock } from './clock.js';
import { offsetsText } from './encode-result.js';
import type { ExclusiveLock } from './exclusive-lock.js';
import type { FileProgress, FileReady } from './file-work.js';
import { SkippedFile, type ProcessorContext, type ReproducerLock } from './processor-context.js';

/** Shortest time between two progress reports of one call, milliseconds. */
const progressIntervalMs = 250;
/** What adding up fractions may overshoot by: ten times 0.1 is more than 1 in some orders. */
const roundingError = 1e-9;

export interface CallContextOptions {
  readonly ready: Pick<FileReady, 'info' | 'resultId' | 'workId'>;
  readonly attempt: number;
  readonly signal: AbortSignal;
  readonly lock: ExclusiveLock;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly onProgress: ((progress: FileProgress) => void) | undefined;
}

/** The context of one call. All functions are bound, so that users may destructure it. */
export class CallContext implements ProcessorContext {
  readonly lock: ReproducerLock;
  readonly signal: AbortSignal;
  readonly attempt: number;
  readonly resultId: string;
  readonly #options: CallContextOptions;
  #log: Logger | undefined;
  #hasEnded = false;
  #skipped: SkippedFile | undefined;
  #lastProgress: { readonly fraction: number; readonly atMs: number } | undefined;

  constructor(options: CallContextOptions) {
    this.#options = options;
    const { lock, signal } = options;
    this.signal = signal;
    this.attempt = options.attempt;
    this.resultId = options.ready.resultId;
    this.lock = {
      runExclusive: (fn, { signal: own } = {}) =>
        lock.runExclusiveUnless(own === undefined ? [signal] : [signal, own], fn),
    };
  }

  /** Made on first use: most calls log nothing. */
  get log(): Logger {
    const { info } = this.#options.ready;
    this.#log ??= this.#options.logger.child({ file: info.path, offsets: offsetsText(info.source) });
    return this.#log;
  }

  /** Whether `skip` was called; a method that then returns nothing forgot the `return`. */
  get wasSkipCalled(): boolean {
    return this.#skipped !== undefined;
  }

  /** Nothing the method still does counts from now on. */
  end(): void {
    this.#hasEnded = true;
  }

  readonly progress = (fraction: number): void => {
    if (typeof fraction !== 'number' || !(fraction >= -roundingError && fraction <= 1 + roundingError)) {
      throw new NonRetriableError(
        `context.progress(fraction): expected a number from 0 to 1, found ${String(fraction)}; divide what is done by what there is to do`,
      );
    }
    if (this.#hasEnded || this.signal.aborted) return;
    this.#report(Math.min(Math.max(fraction, 0), 1));
  };

  readonly skip = (reason: string): SkippedFile => {
    const given: unknown = reason;
    if (typeof given !== 'string' || given.trim() === '') {
      throw new NonRetriableError(
        "context.skip(reason): expected a text that says why, as in context.skip('no peaks')",
      );
    }
    this.#skipped = new SkippedFile(reason);
    return this.#skipped;
  };

  /** The first and the last value always, those between at most every `progressIntervalMs`. */
  #report(fraction: number): void {
    const { ready, attempt, clock, logger, onProgress } = this.#options;
    if (onProgress === undefined) return;
    const last = this.#lastProgress;
    const atMs = clock.now();
    if (last?.fraction === fraction) return;
    if (last !== undefined && fraction < 1 && atMs - last.atMs < progressIntervalMs) return;
    this.#lastProgress = { fraction, atMs };
    try {
      onProgress({ workId: ready.workId, attempt, fraction });
    } catch (error) {
      logger.error({ err: error, file: ready.info.path }, 'the progress of a file could not be reported');
    }
  }
}
