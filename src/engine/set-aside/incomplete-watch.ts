import type { OpenFile } from '../open-file.js';
import type { OwnedPartitions } from '../owned-partitions.js';

export interface IncompleteWatchOptions {
  /** A file without a new chunk for so long is set aside; undefined: never. */
  readonly incompleteAfterMs?: number;
  /** Id of a version of the same path that is done and newer; undefined: there is none. */
  readonly newerThan: (file: OpenFile) => string | undefined;
}

/** What is to be done with files whose rest does not come. */
export interface IncompleteFilesFound {
  readonly stalled: readonly OpenFile[];
  readonly due: readonly OpenFile[];
  /** With the id of the version that supersedes it. */
  readonly superseded: readonly { readonly file: OpenFile; readonly by: string }[];
}

const mostStalledMs = 10 * 60_000;
const sweepMs = { least: 100, most: 30_000 } as const;

/**
 * Finds files whose rest does not come: no chunk of them was written for a while, and all that was on the topic is read.
 *
 * First it is asked where the partitions end; once all of that has been read, a file that still has no new chunk can be judged.
 * So a worker that is behind takes no file for incomplete whose rest it has not read yet. The same holds for versions that a newer one
 * supersedes: of those that are whole on the topic, each is processed.
 */
export class IncompleteWatch {
  readonly #dueMs: number;
  readonly #stalledMs: number;
  readonly #everyMs: number;
  readonly #newerThan: IncompleteWatchOptions['newerThan'];
  readonly #reported = new WeakSet<OpenFile>();
  #lookAtMs = 0;
  #isAsking = false;
  /** Where the partitions ended when it was asked. */
  #ends: ReadonlyMap<number, bigint> | undefined;

  constructor({ incompleteAfterMs = Infinity, newerThan }: IncompleteWatchOptions) {
    this.#newerThan = newerThan;
    this.#dueMs = incompleteAfterMs;
    this.#stalledMs = Math.min(mostStalledMs, incompleteAfterMs / 2);
    this.#everyMs = Math.min(sweepMs.most, Math.max(sweepMs.least, incompleteAfterMs / 10));
  }

  /** Partitions are assigned anew. */
  reset(): void {
    this.#ends = undefined;
    this.#isAsking = false;
  }

  /**
   * Whether to ask where the partitions end; then true once until `ended`.
   *
   * @param hasOthers there is something else to judge then
   */
  shouldAsk(files: Iterable<OpenFile>, nowMs: number, hasOthers: boolean): boolean {
    if (this.#isAsking || this.#ends !== undefined || nowMs < this.#lookAtMs) return false;
    this.#lookAtMs = nowMs + this.#everyMs;
    this.#isAsking = hasOthers || this.#hasAny(files, nowMs);
    return this.#isAsking;
  }

  #hasAny(files: Iterable<OpenFile>, nowMs: number): boolean {
    for (const file of files)
      if (this.#isStalled(file, nowMs) || this.#isDue(file, nowMs) || this.#isSuperseded(file)) return true;
    return false;
  }

  /** The answer; undefined: there was none. */
  ended(ends: ReadonlyMap<number, bigint> | undefined): void {
    if (this.#isAsking) this.#ends = ends;
    this.#isAsking = false;
  }

  /**
   * Each file is found once as stalled; as due again and again.
   *
   * @returns undefined while not all is read that was there when it was asked
   */
  judge(
    files: Iterable<OpenFile>,
    partitions: OwnedPartitions,
    nowMs: number,
  ): IncompleteFilesFound | undefined {
    if (this.#ends === undefined || !partitions.isPastResumeEnd) return undefined;
    if (partitions.lag(this.#ends, true) > 0n) return undefined;
    this.#ends = undefined;
    const all = [...files];
    const superseded = all.flatMap(file => {
      const by = isWaiting(file) ? this.#newerThan(file) : undefined;
      return by === undefined ? [] : [{ file, by }];
    });
    const given = new Set(superseded.map(({ file }) => file));
    const due = all.filter(file => !given.has(file) && this.#isDue(file, nowMs));
    const stalled = all.filter(file => this.#isStalled(file, nowMs));
    for (const file of stalled) this.#reported.add(file);
    for (const file of due) given.add(file);
    return { due, superseded, stalled: stalled.filter(file => !given.has(file)) };
  }

  #isSuperseded(file: OpenFile): boolean {
    return isWaiting(file) && this.#newerThan(file) !== undefined;
  }

  #isDue(file: OpenFile, nowMs: number): boolean {
    return isWaiting(file) && nowMs - file.chunkWrittenAtMs >= this.#dueMs;
  }

  #isStalled(file: OpenFile, nowMs: number): boolean {
    return (
      file.state === 'assembling' &&
      !this.#reported.has(file) &&
      nowMs - file.chunkWrittenAtMs >= this.#stalledMs
    );
  }
}

/** Whether nothing but chunks that did not come is missing. */
export function isWaiting(file: OpenFile): boolean {
  return file.state === 'assembling' && !file.isReadingBack && !file.mustStayOpen;
}
