import { contentReadingBytes } from './topic-content/content-windows.js';
import type { DiskUse } from './disk-use.js';
import type { OpenFile } from './open-file.js';

/** Of the budget: so much of what is read again may be on its way to disk. */
const unwrittenShare = 1 / 4;

/**
 * The bytes that open files hold in memory: chunks, what is on its way to disk, and results that are not acknowledged.
 *
 * Each file is counted as it is when something happened to it, so that the sum costs nothing; it must always be what a recount
 * of all files gives.
 */
export class HeldMemory {
  readonly #budgetBytes: number;
  readonly #disk: DiskUse;
  readonly #counted = new Map<OpenFile, number>();
  /** By part file: bytes that are not written yet. */
  readonly #unwritten = new Map<number, number>();
  #fileBytes = 0;
  #unwrittenBytes = 0;

  /** @param disk is recounted as well */
  constructor(budgetBytes: number, disk: DiskUse) {
    this.#budgetBytes = budgetBytes;
    this.#disk = disk;
  }

  get bytes(): number {
    return this.#fileBytes + this.#unwrittenBytes;
  }

  /** Of the budget; above 1 it is exceeded. */
  get share(): number {
    return this.bytes / this.#budgetBytes;
  }

  /** Without what is on its way to disk already. */
  get shareOfFiles(): number {
    return this.#fileBytes / this.#budgetBytes;
  }

  /**
   * Whether what is read again from the topic may be held as well. Little of it may be on its way to disk: it comes faster than any disk
   * takes it, and would use up the budget each time.
   */
  get hasRoomToReadAgain(): boolean {
    return this.share <= 1 && this.#unwrittenBytes <= this.#budgetBytes * unwrittenShare;
  }

  /** Something changed in how much the file holds. */
  recount(file: OpenFile): void {
    const bytes = heldBy(file, this.#budgetBytes);
    this.#fileBytes += bytes - (this.#counted.get(file) ?? 0);
    this.#counted.set(file, bytes);
    this.#disk.recount(file);
  }

  forget(file: OpenFile): void {
    this.#fileBytes -= this.#counted.get(file) ?? 0;
    this.#counted.delete(file);
    this.#disk.forget(file);
  }

  writing(part: number, byteLength: number): void {
    this.#unwrittenBytes += byteLength;
    this.#unwritten.set(part, (this.#unwritten.get(part) ?? 0) + byteLength);
  }

  /** Exactly once for each `writing`. */
  written(part: number, byteLength: number): void {
    this.#unwrittenBytes -= byteLength;
    const left = (this.#unwritten.get(part) ?? 0) - byteLength;
    if (left === 0) this.#unwritten.delete(part);
    else this.#unwritten.set(part, left);
  }

  /**
   * Which files should go to disk, the longest idle first; none while the budget is kept. The file whose chunk came last goes only
   * when it alone is too large. Half of the budget is kept free then, so that it does not happen again with the next chunk.
   *
   * @param isUrgent reading waits for it
   */
  *filesToSpill(files: Iterable<OpenFile>, isUrgent: boolean): Generator<OpenFile> {
    if (this.shareOfFiles <= 0.5 || (this.share <= 1 && !isUrgent)) return;
    const movable = [...files].filter(
      ({ state, version }) => state === 'assembling' && version.memoryBytes > 0,
    );
    movable.sort((a, b) => a.lastChunkNumber - b.lastChunkNumber);
    const last = movable.at(-1);
    for (const file of movable) {
      if (this.shareOfFiles <= 0.5) return;
      if (file !== last || file.version.memoryBytes > this.#budgetBytes / 2) yield file;
    }
  }
}

/** Bytes in memory because of an open file, without what is on its way to disk. */
export function heldBy({ state, version, messageBytes, onTopic }: OpenFile, budgetBytes: number): number {
  if (state === 'given-back') return 0;
  // The method has ended, and its file is gone with it.
  if (state === 'producing' || state === 'recording') return messageBytes;
  // Of a file that waits for its call nothing is held.
  if (onTopic !== undefined) return state === 'waiting' ? 0 : contentReadingBytes(budgetBytes);
  return version.memoryBytes;
}
