import type { OpenFile } from './open-file.js';

/** A file of which a chunk came so lately grows. */
const growingMs = 200;

/** Whether chunks of a file come that is not whole yet. */
export class GrowingFile {
  #file: OpenFile | undefined;

  /** A chunk of the file came, and did not make it whole. */
  grown(file: OpenFile): void {
    this.#file = file;
  }

  isGrowing(nowMs: number): boolean {
    return this.#file?.state === 'assembling' && nowMs - this.#file.lastChunkAtMs < growingMs;
  }

  /** Not kept longer than it grows: it may be gone, and has its memory. */
  tick(nowMs: number): void {
    if (!this.isGrowing(nowMs)) this.#file = undefined;
  }
}
