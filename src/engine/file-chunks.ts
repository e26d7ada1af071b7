import type { AddedChunk } from '../assembly/added-chunk.js';
import type { BadChunk } from '../assembly/bad-chunk.js';
import type { ChunkPosition } from '../assembly/held-chunk.js';
import { ChunkConflictError, FileTooLargeError } from '../errors.js';
import type { PartitionOffsets } from '../offsets/partition-offsets.js';
import type { FileChunk } from '../wire/file-chunk.js';
import type { HeldMemory } from './held-memory.js';
import { checkChunkLimits, type InputLimits } from './input-limits.js';
import { noteCopy, type OpenFile } from './open-file.js';
import type { OpenFiles } from './open-files.js';
import type { Reread } from './reread.js';
import { settledRecord, type TakenRecord, type TooLargeChunk } from './taken-record.js';

export interface FileChunksOptions {
  /** Largest file taken, bytes. */
  readonly maxFileBytes: number;
  readonly limits?: InputLimits;
}

export interface FileChunksParts {
  readonly files: OpenFiles;
  readonly memory: HeldMemory;
  readonly reread: Reread;
  /** Is told of each message that is given up. */
  readonly onBad: (bad: BadChunk) => void;
}

/** Adds chunks to their open files, and says what became of them. */
export class FileChunks {
  readonly #options: FileChunksOptions;
  readonly #parts: FileChunksParts;

  constructor(options: FileChunksOptions, parts: FileChunksParts) {
    this.#options = options;
    this.#parts = parts;
  }

  /** Adds a chunk that was read in its turn: it holds its partition back from now on. @throws {InputError} it is not used */
  add(file: OpenFile, chunk: FileChunk, position: ChunkPosition, offsets: PartitionOffsets): TakenRecord {
    const { version } = file;
    const { id } = version.identity;
    const isFirst = version.heldCount === 0;
    try {
      checkChunkLimits(chunk, this.#options.limits);
      const added = this.#addTo(file, chunk, position);
      // A copy, too: it must be read again with the other one, which may turn out to be damaged, and says that the file was uploaded so late.
      this.#hold(id, chunk, position, offsets);
      if (added.kind === 'duplicate') return settledRecord;
      if (isFirst && !offsets.wasRead(position.offset)) this.#reportOtherCount(file, position);
      this.#reportBadOf(added);
      return this.#held(file);
    } catch (error) {
      if (error instanceof FileTooLargeError && !this.isSaidToFit(file)) {
        // Its outcome may have to wait for a transaction; until then a restart must see it again.
        offsets.hold(id, position.offset);
        return tooLarge(file, { ...position, error });
      }
      this.#parts.memory.recount(file);
      if (error instanceof ChunkConflictError && error.isHeld) {
        this.#hold(id, chunk, position, offsets);
        if (!offsets.wasRead(position.offset)) this.#parts.onBad({ ...position, error });
        return this.#held(file);
      }
      // A version that its first chunk could not open must not stay.
      if (version.heldCount === 0 && !file.isReadingBack && file.isSaidTooLarge !== true)
        this.#parts.files.remove(file);
      throw error;
    }
  }

  /** Adds a chunk that was read before: its offset may be committed, and is not held. @throws {InputError} it is not used */
  addAgain(file: OpenFile, chunk: FileChunk, position: ChunkPosition): TakenRecord {
    try {
      const added = this.#addTo(file, chunk, position);
      if (added.kind === 'duplicate') return settledRecord;
      this.#reportBadOf(added);
      return this.#held(file);
    } catch (error) {
      if (error instanceof FileTooLargeError && !this.isSaidToFit(file))
        return tooLarge(file, { ...position, error });
      this.#parts.memory.recount(file);
      throw error;
    }
  }

  #addTo(file: OpenFile, chunk: FileChunk, position: ChunkPosition): AddedChunk {
    const added = file.version.add(chunk, position);
    noteCopy(file, chunk, added, position);
    if (added.kind === 'duplicate') return added;
    this.#parts.memory.recount(file);
    const isOfOtherBytes =
      added.kind === 'replaced' || added.kind === 'rewritten' || added.kind === 'spoiled';
    if (isOfOtherBytes) file.changedWhileVerifying ||= file.state === 'verifying';
    return added;
  }

  #held(file: OpenFile): TakenRecord {
    const isWhole = file.version.isComplete && file.state === 'assembling';
    return { kind: isWhole ? 'complete' : 'settled', file };
  }

  #reportBadOf(added: AddedChunk): void {
    if ((added.kind === 'replaced' || added.kind === 'spoiled') && added.bad !== undefined)
      this.#parts.onBad(added.bad);
  }

  /** Chunks that are held say that the file fits: then the new one lies about it, and the others wait for a better one. */
  isSaidToFit({ version }: OpenFile): boolean {
    return version.heldCount > 0 && version.mostBytes <= this.#options.maxFileBytes;
  }

  /** The same content with another number of chunks: two uploads, or a chunk that lies. They are kept apart. */
  #reportOtherCount(file: OpenFile, position: ChunkPosition): void {
    const { path, count } = file.version.identity;
    const other = this.#parts.files.withOtherCount(file);
    if (other === undefined) return;
    file.version.noteGivenUp(position);
    const error = new ChunkConflictError(
      `a chunk of ${path} says that it is one of ${count}, while others of the same content say ` +
        `${other.version.identity.count}; they are put together apart from each other`,
      { isHeld: true },
    );
    this.#parts.onBad({ ...position, error });
  }

  #hold(id: string, chunk: FileChunk, { offset }: ChunkPosition, offsets: PartitionOffsets): void {
    offsets.hold(id, offset);
    if (offsets.wasRead(offset)) this.#parts.reread.held(id, chunk.data.length);
  }
}

/** The file lies where its chunk does, though that is not held: with its partition it is given back as well. */
function tooLarge(file: OpenFile, bad: TooLargeChunk): TakenRecord {
  file.version.note(bad);
  return { kind: 'too-large', file, bad };
}
