import type { OpenFile } from './open-file.js';

/**
 * The bytes of open files that are in part files. Each file is counted as it is when something happened to it; the sum must always be
 * what a recount of all files gives.
 */
export class DiskUse {
  /** Bytes; above, files that wait for their rest are given up. */
  readonly budgetBytes: number;
  readonly #counted = new Map<OpenFile, number>();
  #bytes = 0;

  constructor(budgetBytes: number) {
    this.budgetBytes = budgetBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Something changed in how much the file holds. */
  recount(file: OpenFile): void {
    const bytes = file.version.diskBytes;
    this.#bytes += bytes - (this.#counted.get(file) ?? 0);
    if (bytes === 0) this.#counted.delete(file);
    else this.#counted.set(file, bytes);
  }

  forget(file: OpenFile): void {
    this.#bytes -= this.#counted.get(file) ?? 0;
    this.#counted.delete(file);
  }

  /**
   * Which files should give their bytes up, the longest idle first; none while the budget is kept. The file whose chunk came last
   * only when it alone is too large. A quarter of the budget is kept free then, so that it does not happen again with the next chunk.
   */
  *filesToDrop(files: Iterable<OpenFile>): Generator<OpenFile> {
    if (this.#bytes <= this.budgetBytes) return;
    const enough = this.budgetBytes * 0.75;
    const givable = [...files].filter(
      ({ state, isReadingBack, version }) =>
        state === 'assembling' && !isReadingBack && version.diskBytes > 0,
    );
    givable.sort((a, b) => a.lastChunkNumber - b.lastChunkNumber);
    const last = givable.at(-1);
    for (const file of givable) {
      if (this.#bytes <= enough) return;
      if (file !== last || file.version.diskBytes > this.budgetBytes) yield file;
    }
  }
}
