import type { OpenFile } from './open-file.js';

export interface WorkQueueOptions {
  readonly concurrency: number;
  /** Bytes of whole files in the pipeline above which reading pauses. */
  readonly budgetBytes: number;
  /** Outcomes after which no further file is started. */
  readonly limit?: number;
}

/** Whole files that may be handed over ahead of the running calls, so that the next one starts without a round trip. */
const filesAhead = 64;
const bytesAhead = 32 * 1024 * 1024;
/** Many tiny files cost more than their bytes. */
const maxFilesInPipeline = 20_000;

/**
 * Whole files between verification and outcome: which may go to the user's method next.
 *
 * First come, first served, with one exception: versions of one path go one after another, so that the method never
 * sees two contents of a path at a time and results come in the order in which the contents became whole.
 */
export class WorkQueue {
  readonly #options: WorkQueueOptions;
  readonly #waiting: OpenFile[] = [];
  readonly #waitingForPath = new Map<string, OpenFile[]>();
  readonly #handedOver = new Set<OpenFile>();
  #head = 0;
  #pipelineBytes = 0;
  #pipelineCount = 0;
  #handedOverBytes = 0;
  #isPaused = false;

  constructor(options: WorkQueueOptions) {
    this.#options = options;
  }

  /** Bytes and number of the whole files without outcome. */
  get pipeline(): { readonly bytes: number; readonly count: number } {
    return { bytes: this.#pipelineBytes, count: this.#pipelineCount };
  }

  /** Files at the user's method or whose results are on their way. */
  get handedOverCount(): number {
    return this.#handedOver.size;
  }

  /** A file became whole; it counts from now on, though it is not verified yet. */
  enter(file: OpenFile): void {
    this.#pipelineBytes += file.size;
    this.#pipelineCount += 1;
  }

  /** A verified file may be processed when its turn comes. */
  push(file: OpenFile): void {
    const path = file.version.identity.path;
    const earlier = this.#waitingForPath.get(path);
    if (earlier !== undefined) {
      earlier.push(file);
      return;
    }
    this.#waitingForPath.set(path, []);
    this.#waiting.push(file);
  }

  /** The next file for the user's method, or undefined when it has enough to do. */
  takeNext(outcomeCount: number): OpenFile | undefined {
    const { concurrency, limit } = this.#options;
    if (this.#head === this.#waiting.length) return undefined;
    if (limit !== undefined && outcomeCount + this.#handedOver.size >= limit) return undefined;
    if (this.#handedOver.size >= concurrency + filesAhead) return undefined;
    if (this.#handedOver.size >= concurrency && this.#handedOverBytes >= bytesAhead) return undefined;
    const file = this.#waiting[this.#head]!;
    this.#head += 1;
    if (this.#head > 1024 && this.#head * 2 > this.#waiting.length) {
      this.#waiting.splice(0, this.#head);
      this.#head = 0;
    }
    this.#handedOver.add(file);
    this.#handedOverBytes += file.size;
    return file;
  }

  /** The method gave a file back without an outcome; it stays open and is not tried again before a restart. */
  giveBack(file: OpenFile): void {
    if (!this.#handedOver.delete(file)) return;
    this.#handedOverBytes -= file.size;
  }

  /** The file did not verify: it is not whole after all. */
  withdraw(file: OpenFile): void {
    this.#pipelineBytes -= file.size;
    this.#pipelineCount -= 1;
  }

  /** A file that was pushed has an outcome; the next version of its path may go. */
  finish(file: OpenFile): void {
    this.withdraw(file);
    this.giveBack(file);
    const path = file.version.identity.path;
    const next = this.#waitingForPath.get(path)?.shift();
    if (next === undefined) this.#waitingForPath.delete(path);
    else this.#waiting.push(next);
  }

  clear(): void {
    this.#waiting.length = 0;
    this.#head = 0;
    this.#waitingForPath.clear();
    this.#handedOver.clear();
    this.#pipelineBytes = 0;
    this.#pipelineCount = 0;
    this.#handedOverBytes = 0;
  }

  /** `pause` or `resume` when the amount of waiting work asks for a change, else undefined. Half-way back down, not at once: no flutter. */
  pressureChange(): 'pause' | 'resume' | undefined {
    const share = Math.max(
      this.#pipelineBytes / this.#options.budgetBytes,
      this.#pipelineCount / maxFilesInPipeline,
    );
    if (!this.#isPaused && share > 1) {
      this.#isPaused = true;
      return 'pause';
    }
    if (this.#isPaused && share <= 0.5) {
      this.#isPaused = false;
      return 'resume';
    }
    return undefined;
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }
}
