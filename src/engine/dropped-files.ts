import { placeText, type ChunkPosition, type HeldChunk } from '../assembly/held-chunk.js';
import type { ChunkIntake } from './chunk-intake.js';
import type { DiskUse } from './disk-use.js';
import type { EngineCommand } from './messages.js';
import { knownChunksOf, withCopies, type OpenFile } from './open-file.js';
import type { ReadBackFiles } from './read-back-files.js';

interface Asked {
  /** Of the content that lacked them. */
  readonly choice: number;
  readonly chunks: readonly HeldChunk[];
}

export interface DroppedFilesParts {
  readonly disk: DiskUse;
  readonly intake: ChunkIntake;
  readonly readBack: ReadBackFiles;
  /** Whole files that are larger are held neither in memory nor on disk: they are read from the topic. Infinity: none. */
  readonly mostHeldBytes: number;
  readonly emit: (command: EngineCommand) => void;
}

/**
 * Keeps the disk budget: above it the bytes of files that wait for their rest are given up, and read again from the topic once it is
 * known where all their chunks lie. The same way files get the bytes of chunks of which only the place was kept, as others contradict
 * them.
 *
 * They are read again one after another, as long as there is room for them; one file always has it, however large it is. But those that
 * may never be held as a whole are not put together at all: they stay on the topic, are verified there, and are read from there by the
 * method.
 */
export class DroppedFiles {
  readonly #parts: DroppedFilesParts;
  /** Known to be whole, and not read again yet. */
  readonly #waiting = new Set<OpenFile>();
  /** Read again, and without outcome. */
  readonly #again = new Set<OpenFile>();
  /** Chunks that are being read again because others contradict them. */
  readonly #asked = new Map<OpenFile, Asked>();
  /** Copies of chunks of it are being read that turned out to be damaged or gone. */
  readonly #copied = new Set<OpenFile>();

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
    const { version } = file;
    if (!version.isDropped && version.missingBytes.length === 0) return false;
    if (version.contentSize > this.#parts.mostHeldBytes) {
      this.#leaveOnTopic(file);
      return false;
    }
    // Neither set aside nor dropped again from now on.
    file.isReadingBack = true;
    this.#waiting.add(file);
    this.#again.delete(file);
    return true;
  }

  #leaveOnTopic(file: OpenFile): void {
    const { intake, emit } = this.#parts;
    this.#again.delete(file);
    file.onTopic = file.version.leaveOnTopic();
    intake.recount(file);
    const { path, chunks } = file.onTopic;
    emit({ kind: 'report', report: { kind: 'file-left-on-topic', path, chunkCount: chunks.length } });
  }

  /**
   * Chunks of a file that was left on the topic are damaged or gone.
   * @param indexes of these chunks
   * @returns whether copies of them are read that came as well
   */
  readCopies(file: OpenFile, indexes: ReadonlySet<number>): boolean {
    const copies = [...file.copies.values()].filter(({ index }) => indexes.has(index));
    if (copies.length === 0) return false;
    // Once each: they are held then, or of no use.
    for (const copy of copies) file.copies.delete(placeText(copy));
    this.#copied.add(file);
    this.#parts.readBack.begin(file, copies);
    return true;
  }

  drop(files: ReadonlySet<OpenFile>): void {
    for (const file of files) {
      this.#waiting.delete(file);
      this.#again.delete(file);
      this.#asked.delete(file);
      this.#copied.delete(file);
    }
  }

  /**
   * All was read that was to be.
   * @param missing what of it is not on the topic any more
   * @returns whether it was what `readCopies` asked for
   */
  readAgain(file: OpenFile, missing: readonly ChunkPosition[]): boolean {
    const { version } = file;
    const asked = this.#asked.get(file);
    this.#asked.delete(file);
    // What was not told to be missing was another record. Where another content is tried meanwhile, it came when it was of no use.
    const chunks = new Set(asked?.choice === version.choice ? asked.chunks : []);
    const absent = version.missingBytes.filter(chunk => chunks.has(chunk));
    version.forget([...missing, ...absent]);
    return this.#copied.delete(file);
  }

  /** Begins to read files again as far as there is room. */
  advance(): void {
    const { disk, intake, readBack, emit } = this.#parts;
    for (const file of this.#waiting) {
      for (const other of this.#again) if (!this.#isUnderWay(other)) this.#again.delete(other);
      const { identity, isDropped, missingBytes } = file.version;
      const neededBytes = sum(isDropped ? file.version.heldChunks : missingBytes);
      if (this.#again.size > 0 && disk.bytes + neededBytes > disk.budgetBytes) return;
      this.#waiting.delete(file);
      this.#again.add(file);
      // Other copies too: the one that was taken first may be damaged.
      const chunks = isDropped ? knownChunksOf(file) : withCopies(file, missingBytes);
      if (isDropped) intake.beginAgain(file);
      else this.#asked.set(file, { choice: file.version.choice, chunks: missingBytes });
      emit({
        kind: 'report',
        report: { kind: 'file-read-again', path: identity.path, chunkCount: chunks.length },
      });
      readBack.begin(file, chunks);
    }
  }

  /** A file that turned out to be damaged waits for a good copy, for ever perhaps, and may be dropped again: nobody waits for it. */
  #isUnderWay(file: OpenFile): boolean {
    if (this.#parts.intake.find(file.version.identity.id) !== file) return false;
    return file.state !== 'assembling' || file.isReadingBack;
  }
}

function sum(chunks: readonly HeldChunk[]): number {
  return chunks.reduce((bytes, { byteLength }) => bytes + byteLength, 0);
}
