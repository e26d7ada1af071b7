import type { BadChunk } from '../assembly/bad-chunk.js';
import type { PartAction } from '../assembly/byte-store.js';
import { ChunkBuffers } from '../assembly/chunk-buffers.js';
import { FileMemory } from '../assembly/file-memory.js';
import type { ChunkPosition } from '../assembly/held-chunk.js';
import type { NameFolding } from '../assembly/name-folding.js';
import { describeError, InputError } from '../errors.js';
import type { RawRecord } from '../kafka/driver.js';
import type { PartitionOffsets } from '../offsets/partition-offsets.js';
import { decodeChunk } from '../wire/decode-chunk.js';
import type { FileChunk } from '../wire/file-chunk.js';
import { safeFilePath, type SafeFilePath } from '../wire/safe-file-path.js';
import { traceContextOf } from '../wire/trace-context.js';
import { versionId } from '../wire/version-id.js';
import { badRecordId } from './dead-letters/bad-records.js';
import { FileChunks } from './file-chunks.js';
import type { HeldMemory } from './held-memory.js';
import type { InputLimits } from './input-limits.js';
import type { OpenFile } from './open-file.js';
import { OpenFiles, type ChunkArrival } from './open-files.js';
import type { RecentOutcomes } from './recent-outcomes.js';
import type { EngineReport } from './reports.js';
import { Reread } from './reread.js';
import type { SetAsideFile } from './set-aside/set-aside-files.js';
import { settledRecord, type TakenRecord } from './taken-record.js';

export interface ChunkIntakeOptions {
  /** With the chunks. */
  readonly topic: string;
  readonly match?: RegExp;
  /** Largest file taken, bytes. */
  readonly maxFileBytes: number;
  /** Largest file put together in memory; above, and with 0 always, on disk. Default: as `maxFileBytes`. */
  readonly mostMemoryBytes?: number;
  /** Bytes that may be held in memory; default: no limit. */
  readonly budgetBytes?: number;
  readonly limits?: InputLimits;
  /** Whether a file that is done is processed again when it is uploaded again. */
  readonly reprocessIdentical?: boolean;
  /** Milliseconds since 1970 at which the engine's clock was 0. */
  readonly timeOriginMs?: number;
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
  readonly #files: OpenFiles;
  readonly #chunks: FileChunks;
  readonly #memory: HeldMemory;
  readonly #onLateChunk: ChunkIntakeParts['onLateChunk'];
  #chunkCount = 0;
  readonly reread = new Reread();
  /** Since the start. */
  readonly counts = { readCount: 0, readBytes: 0, processedCount: 0, processedBytes: 0 };
  /** Is told of each message that is given up; undefined: it is reported only. */
  onBad: ((bad: BadChunk) => void) | undefined;

  constructor(options: ChunkIntakeOptions, parts: ChunkIntakeParts) {
    const { maxFileBytes, mostMemoryBytes = maxFileBytes, budgetBytes = Infinity } = options;
    const { maxOpenFiles = Infinity } = options.limits ?? {};
    this.#options = options;
    this.#outcomes = parts.outcomes;
    this.#report = parts.report;
    this.#memory = parts.memory;
    this.#onLateChunk = parts.onLateChunk;
    const stores = {
      mostMemoryBytes,
      onDisk: parts.onDisk,
      buffers: new ChunkBuffers(budgetBytes),
      memory: new FileMemory(budgetBytes),
    };
    this.#files = new OpenFiles({ maxFileBytes, maxOpenFiles, stores }, parts.memory);
    this.#chunks = new FileChunks(options, {
      files: this.#files,
      memory: parts.memory,
      reread: this.reread,
      onBad: bad => this.reportBad(bad),
    });
  }

  /** Different names that the file system takes for one are refused from now on while one of them is open. */
  set folding(folding: NameFolding) {
    this.#files.foldedPaths.folding = folding;
  }

  get openFileCount(): number {
    return this.#files.size;
  }

  /** The versions without outcome, the longest open first. */
  get files(): Iterable<OpenFile> {
    return this.#files.all;
  }

  /** Bytes of all chunks held, in memory and on disk. */
  get heldBytes(): number {
    let bytes = 0;
    for (const file of this.#files.all) bytes += file.version.heldBytes;
    return bytes;
  }

  take(record: RawRecord, partition: number, offsets: PartitionOffsets, nowMs: number): TakenRecord {
    const position = { partition, offset: record.offset };
    try {
      return this.#take(record, position, offsets, nowMs);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      // Below the resume end it was reported by the process that read it first, unless its dead letter was still on its way.
      if (!this.#wasGivenUp(position, offsets)) this.reportBad({ ...position, error });
      return settledRecord;
    }
  }

  /** The version with this id that has no outcome yet. */
  find(versionId: string): OpenFile | undefined {
    return this.#files.find(versionId);
  }

  remove(file: OpenFile): void {
    this.#files.remove(file);
  }

  /** Opens a file that was set aside to give it up: no chunk of it is held, and none holds its partition back. */
  openSetAside(id: string, file: SetAsideFile, nowMs: number): OpenFile {
    return this.#files.openSetAside(id, file, nowMs);
  }

  /** Something changed in how much the file holds. */
  recount(file: OpenFile): void {
    this.#memory.recount(file);
  }

  /** The file is put together again from the topic: what is known of its chunks is forgotten, but not that they are open. */
  beginAgain(file: OpenFile): void {
    const { version } = file;
    file.version = version.anew();
    version.release();
    this.#memory.recount(file);
  }

  /** Chunks that are held say that the file fits: then one that says otherwise lies about it, and the others wait for a better one. */
  isSaidToFit(file: OpenFile): boolean {
    return this.#chunks.isSaidToFit(file);
  }

  reportBad(bad: BadChunk): void {
    const { partition, offset, error } = bad;
    this.#report({ kind: 'bad-input', code: error.code, partition, offset, reason: describeError(error) });
    this.onBad?.(bad);
  }

  #wasGivenUp(position: ChunkPosition, offsets: PartitionOffsets): boolean {
    const { offset } = position;
    if (this.onBad === undefined) return offsets.wasRead(offset);
    return offsets.hadOutcome(offset, badRecordId(this.#options.topic, position));
  }

  #take(record: RawRecord, position: ChunkPosition, offsets: PartitionOffsets, nowMs: number): TakenRecord {
    const chunk = decodeChunk(record.value);
    const path = safeFilePath(
      chunk.subdirectory,
      chunk.filename,
      chunk.filenameAppend,
      this.#options.limits?.maxPathBytes,
    );
    if (this.#options.match?.test(path.path) === false) return settledRecord;
    this.counts.readCount += 1;
    this.counts.readBytes += chunk.data.length;
    const writtenAtMs = this.#writtenAtMs(record, nowMs);
    const arrival = { nowMs, writtenAtMs, trace: traceContextOf(record.headers) };
    const taken = this.#takeChunk(chunk, path, position, offsets, arrival);
    this.counts.processedCount += 1;
    this.counts.processedBytes += chunk.data.length;
    return taken;
  }

  #takeChunk(
    chunk: FileChunk,
    path: SafeFilePath,
    position: ChunkPosition,
    offsets: PartitionOffsets,
    arrival: ChunkArrival,
  ): TakenRecord {
    const id = versionId(path.path, chunk.fileHash, chunk.count);
    const { offset } = position;
    if (offsets.hadOutcome(offset, id)) {
      this.reread.skipped(chunk.data.length);
      return settledRecord;
    }
    if (this.#endedBefore(id, chunk, path.path, offsets.wasRead(offset))) {
      this.#onLateChunk(path.path, id, arrival.writtenAtMs);
      // An earlier process may have left it unfinished as far as its commit says; it must not stay listed.
      offsets.settle(id);
      return settledRecord;
    }
    const file = this.#files.find(id) ?? this.#open(id, chunk, path, arrival);
    // What is on its way to the state topic does not know of this chunk.
    if (file.state === 'setting-aside') {
      file.state = 'assembling';
      file.reopenedCount += 1;
    }
    if (file.state !== 'assembling' && file.state !== 'verifying') {
      // Read after a copy of it, it may have been written before.
      this.#noteWritten(file, arrival.writtenAtMs);
      // Should the file be read again, the one that came before may not do beside others: this one must be read again with it.
      file.version.note(position);
      offsets.hold(id, offset);
      return settledRecord;
    }
    file.trace ??= arrival.trace;
    file.lastChunkAtMs = arrival.nowMs;
    this.#noteWritten(file, arrival.writtenAtMs);
    this.#chunkCount += 1;
    file.lastChunkNumber = this.#chunkCount;
    const taken = this.#chunks.add(file, chunk, position, offsets);
    if (taken !== settledRecord) noteNeeded(file, arrival.writtenAtMs);
    return taken;
  }

  /**
   * Takes in a chunk that was read before its file was set aside. Its offset is committed, and must not be held again.
   * What is wrong with it was reported when it was read first.
   */
  takeAgain(record: RawRecord, partition: number, file: OpenFile): TakenRecord {
    const position = { partition, offset: record.offset };
    try {
      const chunk = decodeChunk(record.value);
      const path = safeFilePath(chunk.subdirectory, chunk.filename, chunk.filenameAppend);
      const { identity } = file.version;
      if (versionId(path.path, chunk.fileHash, chunk.count) !== identity.id) return settledRecord;
      const writtenAtMs = this.#writtenAtMs(record, file.lastChunkAtMs);
      this.#noteWritten(file, writtenAtMs);
      const taken = this.#chunks.addAgain(file, chunk, position);
      if (taken !== settledRecord) noteNeeded(file, writtenAtMs);
      return taken;
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      return settledRecord;
    }
  }

  #noteWritten(file: OpenFile, writtenAtMs: number): void {
    file.firstWrittenAtMs = Math.min(file.firstWrittenAtMs, writtenAtMs);
    file.chunkWrittenAtMs = Math.max(file.chunkWrittenAtMs, writtenAtMs);
  }

  /** On the engine's clock. What claims to be of the future is of now; 0 and less is no time. */
  #writtenAtMs({ timestampMs }: RawRecord, nowMs: number): number {
    if (timestampMs <= 0) return nowMs;
    return Math.min(nowMs, timestampMs - (this.#options.timeOriginMs ?? 0));
  }

  /** Whether the version is known to have an outcome, so that a copy of a chunk of it must not open it again. */
  #endedBefore(id: string, chunk: FileChunk, path: string, wasRead: boolean): boolean {
    const outcome = this.#outcomes.get(id);
    // A corrupt file of one chunk that comes again may be right this time, and cannot stay open.
    if (outcome === undefined || outcome === 'lost' || (outcome === 'corrupt' && chunk.count === 1))
      return false;
    // It has no result. A chunk that comes anew may be the first one of another upload, and the last content of a path must be done.
    if (outcome === 'superseded' && !wasRead) return false;
    if (this.#options.reprocessIdentical === true && outcome !== 'corrupt') return false;
    if (chunk.index === 1 && !wasRead) this.#report({ kind: 'duplicate-version', path, outcome });
    return true;
  }

  #open(id: string, chunk: FileChunk, path: SafeFilePath, arrival: ChunkArrival): OpenFile {
    const identity = {
      id,
      ...path,
      fileHash: Buffer.from(chunk.fileHash),
      count: chunk.count,
      ...(chunk.modifiedAtSeconds === undefined ? {} : { modifiedAtSeconds: chunk.modifiedAtSeconds }),
    };
    return this.#files.open(identity, arrival);
  }
}

/** It is not a copy of one that is held. */
function noteNeeded(file: OpenFile, writtenAtMs: number): void {
  file.wholeWrittenAtMs = Math.max(file.wholeWrittenAtMs, writtenAtMs);
}

export interface ChunkIntakeParts {
  readonly outcomes: RecentOutcomes;
  readonly memory: HeldMemory;
  readonly report: (report: EngineReport) => void;
  readonly onDisk: (action: PartAction) => void;
  /** A chunk of a version that has its outcome. @param writtenAtMs of the engine's clock */
  readonly onLateChunk: (path: string, versionId: string, writtenAtMs: number) => void;
}
