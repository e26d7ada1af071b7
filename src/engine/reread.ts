/** What was read again after a restart, and what of it was not needed. */
export interface RereadCounts {
  readonly rereadChunkCount: number;
  readonly rereadBytes: number;
  readonly rereadFileCount: number;
  readonly skippedChunkCount: number;
  readonly skippedBytes: number;
}

/** Counts what is read again after a restart. */
export class Reread {
  readonly #files = new Set<string>();
  #chunkCount = 0;
  #bytes = 0;
  #skippedChunkCount = 0;
  #skippedBytes = 0;

  get counts(): RereadCounts {
    return {
      rereadChunkCount: this.#chunkCount,
      rereadBytes: this.#bytes,
      rereadFileCount: this.#files.size,
      skippedChunkCount: this.#skippedChunkCount,
      skippedBytes: this.#skippedBytes,
    };
  }

  held(versionId: string, byteLength: number): void {
    this.#files.add(versionId);
    this.#chunkCount += 1;
    this.#bytes += byteLength;
  }

  skipped(byteLength: number): void {
    this.#skippedChunkCount += 1;
    this.#skippedBytes += byteLength;
  }

  /** Begins anew. */
  reset(): void {
    this.#files.clear();
    this.#chunkCount = this.#bytes = this.#skippedChunkCount = this.#skippedBytes = 0;
  }
}
