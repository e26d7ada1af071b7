import type { OpenFile } from './open-file.js';
import { PathOrder } from './path-order.js';

export interface WorkQueueOptions {
  readonly concurrency: number;
  /** Outcomes after which no further file is started. */
  readonly limit?: number;
}

/** Whole files that may be handed over ahead of the running calls, so that the next one starts without a round trip. */
const filesAhead = 256;
const bytesAhead = 32 * 1024 * 1024;
/**
 * Whole files without outcome, for which no further record is looked at. More of them would wait here instead of on the topic: a commit has
 * to name them, and after a crash they are read again.
 */
const fullCount = 1_024;
/** ... until so few of them are left. */
const roomyCount = 512;
/** With those whose outcome waits for a transaction, which may need further files. */
const maxFilesInPipeline = 20_000;

/**
 * Whole files between their last chunk and their outcome: which may go to the user's method next, and whether reading
 * has to wait. First come, first served, but for versions of one path, which go one after another.
 */
export class WorkQueue {
  readonly #options: WorkQueueOptions;
  readonly #order = new PathOrder();
  /** Whole files without outcome. */
  readonly #files = new Set<OpenFile>();
  /** Verified and first of their path. */
  readonly #ready = new Set<OpenFile>();
  /** At the user's method, or with their results on the way. */
  readonly #handedOver = new Set<OpenFile>();
  /** Of which those that wait for their next attempt. */
  readonly #backingOff = new Set<OpenFile>();
  /** Their outcome waits for a transaction. */
  readonly #decided = new Set<OpenFile>();
  #handedOverBytes = 0;
  /** Nothing may be called beside it. */
  #alone: OpenFile | undefined;
  #isPaused = false;

  constructor(options: WorkQueueOptions) {
    this.#options = options;
  }

  get fileCount(): number {
    return this.#files.size;
  }

  get handedOverCount(): number {
    return this.#handedOver.size;
  }

  /** Whether there are enough whole files, so that no further record should be looked at. */
  get isFull(): boolean {
    return this.undecidedCount >= fullCount;
  }

  /** Whether so many have left that it is worth going on. */
  get hasRoom(): boolean {
    return this.undecidedCount <= roomyCount;
  }

  /** Whole files of which it is not decided what becomes. */
  get undecidedCount(): number {
    return this.#files.size - this.#decided.size;
  }

  /** Whether reading has to wait. */
  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** A file became whole; it counts from now on, though it is not verified yet. */
  enter(file: OpenFile): void {
    this.#files.add(file);
    this.#order.enter(file);
  }

  /** A file in state `waiting` may be processed when its turn comes. */
  push(file: OpenFile): void {
    if (this.#order.isFirst(file)) this.#ready.add(file);
  }

  /**
   * The next file for the user's method, or undefined when it has enough to do. Files that wait for their next attempt keep no others
   * from it.
   *
   * @param waitsThere whether files may be handed over ahead of the running calls, or beside those that wait for their next attempt
   */
  next(outcomeCount: number, waitsThere = true): OpenFile | undefined {
    const { concurrency, limit } = this.#options;
    const inHand = this.#handedOver.size;
    if (limit !== undefined && outcomeCount + this.#decided.size + inHand >= limit) return undefined;
    const active = waitsThere ? inHand - this.#backingOff.size : inHand;
    if (active >= concurrency + (waitsThere ? filesAhead : 0)) return undefined;
    if (this.#alone !== undefined && this.#handedOver.has(this.#alone)) return undefined;
    if (active >= concurrency && this.#handedOverBytes >= bytesAhead) return undefined;
    for (const file of this.#ready) return file;
    return undefined;
  }

  /** Hands over what `next` named. @param isAlone whether nothing may be handed over until it is done */
  take(file: OpenFile, isAlone = false): void {
    this.#ready.delete(file);
    this.#handedOver.add(file);
    this.#handedOverBytes += file.size;
    if (isAlone) this.#alone = file;
  }

  /** A file that was handed over waits for its next attempt, or no longer. */
  backOff(file: OpenFile, isBackingOff: boolean): void {
    if (isBackingOff && this.#handedOver.has(file)) this.#backingOff.add(file);
    else this.#backingOff.delete(file);
  }

  /** The method gave a file back without an outcome; it is not tried again before a restart. */
  giveBack(file: OpenFile): void {
    this.#backingOff.delete(file);
    if (this.#handedOver.delete(file)) this.#handedOverBytes -= file.size;
  }

  /**
   * The file's outcome waits for a transaction that may have to wait for further outcomes, as it cannot name all files without: so it
   * must not keep others from the method.
   */
  decided(file: OpenFile): void {
    if (!this.#files.has(file)) return;
    this.giveBack(file);
    this.#decided.add(file);
  }

  /** The file has an outcome, or is not whole after all; the next version of its path may go. */
  leave(file: OpenFile): void {
    if (!this.#files.delete(file)) return;
    this.#ready.delete(file);
    this.#decided.delete(file);
    this.giveBack(file);
    const next = this.#order.leave(file);
    if (next?.state === 'waiting') this.#ready.add(next);
  }

  /**
   * `pause` or `resume` when the amount of work asks for a change, else undefined. It resumes at half of the budget only,
   * so that it does not flutter.
   *
   * @param memoryShare of the memory budget, that is in use
   */
  pressureChange(memoryShare: number): 'pause' | 'resume' | undefined {
    const share = Math.max(memoryShare, this.#files.size / maxFilesInPipeline);
    if (this.#isPaused ? share > 0.5 : share <= 1) return undefined;
    this.#isPaused = !this.#isPaused;
    return this.#isPaused ? 'pause' : 'resume';
  }
}
