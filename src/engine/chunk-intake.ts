import { describeError, InputError } from '../errors.js';
import {
  FileVersion,
  type AddedChunk,
  type ChunkPosition,
  type VersionIdentity,
} from '../assembly/file-version.js';
import type { RawRecord } from '../kafka/driver.js';
import type { PartitionOffsets } from '../offsets/partition-offsets.js';
import { decodeChunk } from '../wire/decode-chunk.js';
import type { FileChunk } from '../wire/file-chunk.js';
import { safeFilePath, type SafeFilePath } from '../wire/safe-file-path.js';
import { versionId } from '../wire/version-id.js';
import type { OpenFile } from './open-file.js';
import type { EngineReport } from './reports.js';
import type { RecentOutcomes } from './recent-outcomes.js';

export interface ChunkIntakeOptions {
  readonly match?: RegExp;
  /** Largest file that may be held in memory, bytes. */
  readonly maxFileBytes: number;
}

/** What was read again after a restart, and what of it was not needed. */
export interface RereadCounts {
  rereadChunkCount: number;
  rereadBytes: number;
  readonly rereadFiles: Set<string>;
  skippedChunkCount: number;
  skippedBytes: number;
}

/**
 * Takes records in and keeps the open files.
 *
 * Each record ends in one of five ways: it is a chunk that is held (its version now holds the partition back), a
 * duplicate, a chunk of a file that had an outcome, of a file nobody asked for, or bad input. All but the first are
 * settled at once.
 */
export class ChunkIntake {
  readonly #options: ChunkIntakeOptions;
  readonly #outcomes: RecentOutcomes;
  readonly #report: (report: EngineReport) => void;
  readonly #files = new Map<string, OpenFile>();
  #lastWorkId = 0;
  reread: RereadCounts = noReread();

  constructor(options: ChunkIntakeOptions, outcomes: RecentOutcomes, report: (report: EngineReport) => void) {
    this.#options = options;
    this.#outcomes = outcomes;
    this.#report = report;
  }

  get openCount(): number {
    return this.#files.size;
  }

  /** Bytes of all chunks held. */
  get heldBytes(): number {
    let bytes = 0;
    for (const file of this.#files.values()) bytes += file.version.heldBytes;
    return bytes;
  }

  /** @returns the file that this record made whole, if it did */
  take(record: RawRecord, partition: number, offsets: PartitionOffsets, nowMs: number): OpenFile | undefined {
    try {
      return this.#take(record, { partition, offset: record.offset }, offsets, nowMs);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      // Below the resume end it was reported by the process that read it first.
      if (!offsets.wasRead(record.offset)) this.#reportBad({ partition, offset: record.offset }, error);
      return undefined;
    }
  }

  /**
   * A whole file did not verify: finds the damaged chunks and gives them up.
   * @returns false when all chunks are good, so that the hash of the file itself is wrong
   */
  dropDamagedChunks(file: OpenFile): boolean {
    const bad = file.version.dropDamagedChunks();
    for (const chunk of bad) this.#reportBad(chunk, chunk.error);
    return bad.length > 0;
  }

  remove(file: OpenFile): void {
    this.#files.delete(file.version.identity.id);
  }

  clear(): void {
    this.#files.clear();
    this.reread = noReread();
  }

  #take(
    record: RawRecord,
    position: ChunkPosition,
    offsets: PartitionOffsets,
    nowMs: number,
  ): OpenFile | undefined {
    const chunk = decodeChunk(record.value);
    const path = safeFilePath(chunk.subdirectory, chunk.filename, chunk.filenameAppend);
    if (this.#options.match?.test(path.path) === false) return undefined;
    const id = versionId(path.path, chunk.fileHash, chunk.count);
    if (offsets.hadOutcome(record.offset, id)) {
      this.reread.skippedChunkCount += 1;
      this.reread.skippedBytes += chunk.data.length;
      return undefined;
    }
    const outcome = this.#outcomes.get(id);
    if (outcome !== undefined) {
      if (chunk.index === 1) this.#report({ kind: 'duplicate-version', path: path.path, outcome });
      return undefined;
    }
    const file = this.#files.get(id) ?? this.#open(id, chunk, path, nowMs);
    if (file.state !== 'assembling' && file.state !== 'verifying') return undefined;
    return this.#add(file, chunk, position, offsets);
  }

  #add(
    file: OpenFile,
    chunk: FileChunk,
    position: ChunkPosition,
    offsets: PartitionOffsets,
  ): OpenFile | undefined {
    const added = this.#addOrDiscard(file, chunk, position);
    if (added.kind === 'duplicate') return undefined;
    offsets.hold(file.version.identity.id, position.offset);
    if (offsets.wasRead(position.offset)) {
      this.reread.rereadChunkCount += 1;
      this.reread.rereadBytes += chunk.data.length;
      this.reread.rereadFiles.add(file.version.identity.id);
    }
    if (added.kind === 'replaced') {
      this.#reportBad(added.bad, added.bad.error);
      file.changedWhileVerifying = file.state === 'verifying';
    }
    if (added.kind !== 'complete') return undefined;
    file.size = file.version.size;
    return file;
  }

  #addOrDiscard(file: OpenFile, chunk: FileChunk, position: ChunkPosition): AddedChunk {
    try {
      return file.version.add(chunk, position);
    } catch (error) {
      // A version that its first chunk could not open must not stay.
      if (file.version.heldCount === 0) this.remove(file);
      throw error;
    }
  }

  #open(id: string, chunk: FileChunk, path: SafeFilePath, nowMs: number): OpenFile {
    const identity: VersionIdentity = {
      id,
      ...path,
      fileHash: Buffer.from(chunk.fileHash),
      count: chunk.count,
      ...(chunk.modifiedAtSeconds === undefined ? {} : { modifiedAtSeconds: chunk.modifiedAtSeconds }),
    };
    this.#lastWorkId += 1;
    const file: OpenFile = {
      workId: this.#lastWorkId,
      version: new FileVersion(identity, this.#options.maxFileBytes),
      firstChunkAtMs: nowMs,
      state: 'assembling',
      changedWhileVerifying: false,
      size: 0,
      messageCount: 0,
      attempts: 0,
      processingMs: 0,
    };
    this.#files.set(id, file);
    return file;
  }

  #reportBad(position: ChunkPosition, error: InputError): void {
    this.#report({ kind: 'bad-input', code: error.code, ...position, reason: describeError(error) });
  }
}

function noReread(): RereadCounts {
  return {
    rereadChunkCount: 0,
    rereadBytes: 0,
    rereadFiles: new Set(),
    skippedChunkCount: 0,
    skippedBytes: 0,
  };
}
