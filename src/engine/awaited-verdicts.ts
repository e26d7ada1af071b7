import type { BadChunk } from '../assembly/bad-chunk.js';
import type { FileTooLargeError } from '../errors.js';
import type { ChunkIntake } from './chunk-intake.js';
import type { OpenFile } from './open-file.js';
import type { OwnedPartitions } from './owned-partitions.js';
import type { TooLargeChunk } from './taken-record.js';

export interface AwaitedVerdictsParts {
  readonly partitions: OwnedPartitions;
  readonly intake: ChunkIntake;
  /** No content that its chunks allow has the hash of the file. */
  readonly onCorrupt: (file: OpenFile) => void;
  readonly onTooLarge: (file: OpenFile, error: FileTooLargeError) => void;
}

/** Of one file; further ones are given up at once. */
const mostTooLarge = 1_000;

/**
 * Files that are to fail for what their chunks say, though another chunk may say better: it may be that a chunk lies, and the right
 * one follows. They fail once all was read that is on the topic now.
 */
export class AwaitedVerdicts {
  readonly #parts: AwaitedVerdictsParts;
  /** With the chunks that say that it is too large. */
  readonly #files = new Map<OpenFile, TooLargeChunk[]>();
  /** Those that waited when it was asked where the partitions end. */
  #asked: ReadonlySet<OpenFile> | undefined;
  #ends: ReadonlyMap<number, bigint> | undefined;

  constructor(parts: AwaitedVerdictsParts) {
    this.#parts = parts;
  }

  get isWaiting(): boolean {
    return this.#files.size > 0;
  }

  /** No content that the chunks of the file allow has its hash. */
  refuted(file: OpenFile): void {
    if (!this.#files.has(file)) this.#files.set(file, []);
  }

  tooLarge(file: OpenFile, bad: TooLargeChunk): void {
    const others = this.#files.get(file) ?? [];
    this.#files.set(file, others);
    file.isSaidTooLarge = true;
    if (others.length < mostTooLarge) others.push(bad);
    else this.#parts.intake.reportBad(bad);
  }

  /** The file has a content with its hash. @returns chunks that say that it is too large */
  acquit(file: OpenFile): readonly BadChunk[] {
    const lies = this.#files.get(file) ?? [];
    this.#files.delete(file);
    file.isSaidTooLarge = false;
    return lies;
  }

  drop(files: ReadonlySet<OpenFile>): void {
    for (const file of files) this.#files.delete(file);
  }

  /** Partitions are assigned anew. */
  assigned(): void {
    this.#asked = undefined;
    this.#ends = undefined;
  }

  /** Whether to ask where the partitions end; then true once until `ended`. */
  shouldAsk(): boolean {
    if (this.#asked !== undefined || !this.isWaiting || !this.#parts.partitions.hasAssignment) return false;
    this.#asked = new Set(this.#files.keys());
    return true;
  }

  /** The answer; undefined: there was none. */
  ended(ends: ReadonlyMap<number, bigint> | undefined): void {
    if (this.#asked === undefined) return;
    if (ends === undefined) this.#asked = undefined;
    else this.#ends ??= ends;
  }

  /** Lets those fail for which all was read. */
  judge(): void {
    const { partitions } = this.#parts;
    if (this.#asked === undefined || this.#ends === undefined || !partitions.isPastResumeEnd) return;
    if (partitions.lag(this.#ends, true) > 0n) return;
    const due = this.#asked;
    this.#asked = undefined;
    this.#ends = undefined;
    for (const file of due) if (this.#files.has(file)) this.#judge(file);
  }

  #judge(file: OpenFile): void {
    const { intake, onCorrupt, onTooLarge } = this.#parts;
    if (intake.find(file.version.identity.id) !== file) {
      this.#files.delete(file);
      return;
    }
    // It is being verified or read again, and comes back if that does not help.
    if (file.state !== 'assembling' || file.isReadingBack) return;
    const [first] = this.#files.get(file)!;
    if (file.version.isRefuted) {
      this.#files.delete(file);
      onCorrupt(file);
    } else if (first !== undefined && !intake.isSaidToFit(file)) {
      this.#files.delete(file);
      onTooLarge(file, first.error);
    } else {
      for (const bad of this.acquit(file)) intake.reportBad(bad);
    }
  }
}
