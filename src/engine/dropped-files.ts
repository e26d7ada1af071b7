import type { ChunkIntake } from './chunk-intake.js';
import type { DiskUse } from './disk-use.js';
import type { EngineCommand } from './messages.js';
import type { OpenFile } from './open-file.js';
import type { IncompleteFiles } from './set-aside/incomplete-files.js';

export interface DroppedFilesParts {
  readonly disk: DiskUse;
  readonly intake: ChunkIntake;
  readonly incomplete: IncompleteFiles;
  readonly emit: (command: EngineCommand) => void;
}

/**
 * Keeps the disk budget: above it the bytes of files that wait for their rest are given up, and read again from the topic once it is
 * known where all their chunks lie.
 *
 * They are read again one after another, as long as there is room for them; one file always has it, however large it is.
 */
export class DroppedFiles {
  readonly #parts: DroppedFilesParts;
  /** Known to be whole, and not read again yet. */
  readonly #waiting = new Set<OpenFile>();
  /** Read again, and without outcome. */
  readonly #again = new Set<OpenFile>();

  constructor(parts: DroppedFilesParts) {
    this.#parts = parts;
  }

  get isWaiting(): boolean {
    return this.#waiting.size > 0;
  }

  /** Gives bytes up while there are too many. */
  makeRoom(): void {
    const { disk, intake, emit } = this.#parts;
    for (const file of disk.filesToDrop(intake.files)) {
      const { path } = file.version.identity;
      const byteLength = file.version.diskBytes;
      file.version.drop();
      intake.recount(file);
      emit({ kind: 'report', report: { kind: 'bytes-dropped', path, byteLength } });
    }
  }

  /**
   * All chunks of the file are known.
   * @returns whether it has to be read again first
   */
  complete(file: OpenFile): boolean {
    if (!file.version.isDropped) return false;
    // Neither set aside nor dropped again from now on.
    file.isReadingBack = true;
    this.#waiting.add(file);
    this.#again.delete(file);
    return true;
  }

  drop(files: ReadonlySet<OpenFile>): void {
    for (const file of files) {
      this.#waiting.delete(file);
      this.#again.delete(file);
    }
  }

  /** Begins to read files again as far as there is room. */
  advance(): void {
    const { disk, intake, incomplete, emit } = this.#parts;
    for (const file of this.#waiting) {
      for (const other of this.#again) if (!this.#isUnderWay(other)) this.#again.delete(other);
      const { heldBytes, heldChunks, identity } = file.version;
      if (this.#again.size > 0 && disk.bytes + heldBytes > disk.budgetBytes) return;
      this.#waiting.delete(file);
      this.#again.add(file);
      // Other copies too: the one that was taken first may be damaged.
      const chunks = [...heldChunks, ...file.copies];
      intake.beginAgain(file);
      emit({
        kind: 'report',
        report: { kind: 'file-read-again', path: identity.path, chunkCount: chunks.length },
      });
      incomplete.readAgain(file, chunks);
    }
  }

  /** A file that turned out to be damaged waits for a good copy, for ever perhaps, and may be dropped again: nobody waits for it. */
  #isUnderWay(file: OpenFile): boolean {
    if (this.#parts.intake.find(file.version.identity.id) !== file) return false;
    return file.state !== 'assembling' || file.isReadingBack;
  }
}
