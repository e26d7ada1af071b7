import {
  ChunkConflictError,
  describeError,
  FileTooLargeError,
  InputError,
  TooManyOpenFilesError,
  UnsafePathError,
} from '../errors.js';
import type { PartAction, StoreOptions } from '../assembly/byte-store.js';
import type { ChunkPosition } from '../assembly/chunk-assembly.js';
import { FileVersion, type BadChunk, type VersionIdentity } from '../assembly/file-version.js';
import { ChunkBuffers } from '../assembly/chunk-buffers.js';
import { exactNames, foldPath, type NameFolding } from '../assembly/name-folding.js';
import type { RawRecord } from '../kafka/driver.js';
import type { PartitionOffsets } from '../offsets/partition-offsets.js';
import { decodeChunk } from '../wire/decode-chunk.js';
import type { FileChunk } from '../wire/file-chunk.js';
import { safeFilePath, type SafeFilePath } from '../wire/safe-file-path.js';
import { traceContextOf, type TraceContext } from '../wire/trace-context.js';
import { versionId } from '../wire/version-id.js';
import { badRecordId } from './dead-letters/bad-records.js';
import type { HeldMemory } from './held-memory.js';
import type { OpenFile } from './open-file.js';
import type { EngineReport } from './reports.js';
import type { RecentOutcomes } from './recent-outcomes.js';
import type { SetAsideFile } from './set-aside/set-aside-files.js';

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

/** How a chunk came; times are on the engine's clock. */
interface ChunkArrival {
  readonly nowMs: number;
  /** When it was written to the topic. */
  readonly writtenAtMs: number;
  readonly trace: TraceContext | undefined;
}

/** What a message may ask for; default: no limit. */
export interface InputLimits {
  readonly maxChunkCount: number;
  readonly maxChunkBytes: number;
  readonly maxOpenFiles: number;
  readonly maxPathBytes: number;
}

/** What was read again after a restart, and what of it was not needed. */
export interface RereadCounts {
  rereadChunkCount: number;
  rereadBytes: number;
  readonly rereadFiles: Set<string>;
  skippedChunkCount: number;
  skippedBytes: number;
}

/** What became of a record: `settled` also for a chunk that is now held, then with its file. */
export type TakenRecord =
  | { readonly kind: 'settled'; readonly file?: OpenFile }
  /** It made its file whole. */
  | { readonly kind: 'complete'; readonly file: OpenFile }
  /** Its file does not fit. */
  | { readonly kind: 'too-large'; readonly file: OpenFile; readonly error: FileTooLargeError };

/** Of one file. */
const maxCopies = 10_000;
const settledRecord: TakenRecord = { kind: 'settled' };

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
  /** The first open version of each content of a path, whatever its count. */
  readonly #byContent = new Map<string, OpenFile>();
  /** Open versions by folded path, where the file system takes different names for one. */
  readonly #byFoldedPath = new Map<string, Set<OpenFile>>();
  readonly #memory: HeldMemory;
  readonly #stores: StoreOptions;
  #folding = exactNames;
  #lastWorkId = 0;
  #chunkCount = 0;
  reread: RereadCounts = noReread();
  /** Since the start. */
  readonly counts = { readCount: 0, readBytes: 0, processedCount: 0, processedBytes: 0 };
  /** Is told of each message that is given up; undefined: it is reported only. */
  onBad: ((bad: BadChunk) => void) | undefined;

  constructor(options: ChunkIntakeOptions, parts: ChunkIntakeParts) {
    const { mostMemoryBytes = options.maxFileBytes, budgetBytes = Infinity } = options;
    this.#options = options;
    this.#outcomes = parts.outcomes;
    this.#report = parts.report;
    this.#memory = parts.memory;
    this.#stores = { mostMemoryBytes, onDisk: parts.onDisk, buffers: new ChunkBuffers(budgetBytes) };
  }

  /** Different names that the file system takes for one are refused from now on while one of them is open. */
  set folding(folding: NameFolding) {
    this.#folding = folding;
  }

  get openFileCount(): number {
    return this.#files.size;
  }

  /** The versions without outcome, the longest open first. */
  get files(): Iterable<OpenFile> {
    return this.#files.values();
  }

  /** Bytes of all chunks held, in memory and on disk. */
  get heldBytes(): number {
    let bytes = 0;
    for (const file of this.#files.values()) bytes += file.version.heldBytes;
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
    return this.#files.get(versionId);
  }

  remove(file: OpenFile): void {
    file.version.release();
    this.#memory.forget(file);
    this.#leaveFoldedPath(file);
    this.#files.delete(file.version.identity.id);
    const content = contentOf(file);
    if (this.#byContent.get(content) === file) this.#byContent.delete(content);
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
      this.reread.skippedChunkCount += 1;
      this.reread.skippedBytes += chunk.data.length;
      return settledRecord;
    }
    if (this.#endedBefore(id, chunk, path.path, offsets.wasRead(offset))) {
      // An earlier process may have left it unfinished as far as its commit says; it must not stay listed.
      offsets.settle(id);
      return settledRecord;
    }
    const file = this.#files.get(id) ?? this.#open(id, chunk, path, arrival);
    if (file.version.heldCount === 0 && !offsets.wasRead(offset)) this.#reportOtherCount(file, position);
    // What is on its way to the state topic does not know of this chunk.
    if (file.state === 'setting-aside') {
      file.state = 'assembling';
      file.reopenedCount += 1;
    }
    if (file.state !== 'assembling' && file.state !== 'verifying') return settledRecord;
    file.trace ??= arrival.trace;
    file.lastChunkAtMs = arrival.nowMs;
    this.#noteWritten(file, arrival.writtenAtMs);
    this.#chunkCount += 1;
    file.lastChunkNumber = this.#chunkCount;
    return this.#add(file, chunk, position, offsets);
  }

  /**
   * Takes in a chunk that was read before its file was set aside. Its offset is committed, and must not be held again.
   * What is wrong with it was reported when it was read first.
   */
  takeAgain(record: RawRecord, partition: number, file: OpenFile): TakenRecord {
    try {
      const chunk = decodeChunk(record.value);
      const path = safeFilePath(chunk.subdirectory, chunk.filename, chunk.filenameAppend);
      const { identity } = file.version;
      if (versionId(path.path, chunk.fileHash, chunk.count) !== identity.id) return settledRecord;
      this.#noteWritten(file, this.#writtenAtMs(record, file.lastChunkAtMs));
      const added = file.version.add(chunk, { partition, offset: record.offset });
      if (added.kind === 'duplicate') return settledRecord;
      this.#memory.recount(file);
      file.changedWhileVerifying ||= file.state === 'verifying';
      const isWhole = added.kind === 'complete' && file.state === 'assembling';
      return isWhole ? { kind: 'complete', file } : { kind: 'settled', file };
    } catch (error) {
      if (error instanceof FileTooLargeError && !this.#isSaidToFit(file))
        return { kind: 'too-large', file, error };
      this.#memory.recount(file);
      if (error instanceof ChunkConflictError && error.isHeld)
        file.changedWhileVerifying ||= file.state === 'verifying';
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

  #add(file: OpenFile, chunk: FileChunk, position: ChunkPosition, offsets: PartitionOffsets): TakenRecord {
    const { id } = file.version.identity;
    try {
      this.#checkLimits(chunk);
      const added = file.version.add(chunk, position);
      const isCopy = added.kind === 'duplicate' || added.kind === 'rewritten';
      if (isCopy && file.copies.length < maxCopies) file.copies.push({ index: chunk.index, ...position });
      if (added.kind === 'duplicate') return settledRecord;
      this.#memory.recount(file);
      file.changedWhileVerifying ||= file.state === 'verifying';
      this.#hold(id, chunk, position, offsets);
      if (added.kind === 'replaced') this.reportBad(added.bad);
      return added.kind === 'complete' && file.state === 'assembling'
        ? { kind: 'complete', file }
        : { kind: 'settled', file };
    } catch (error) {
      if (error instanceof FileTooLargeError && !this.#isSaidToFit(file)) {
        // Its outcome may have to wait for a transaction; until then a restart must see it again.
        offsets.hold(id, position.offset);
        return { kind: 'too-large', file, error };
      }
      this.#memory.recount(file);
      if (error instanceof ChunkConflictError && error.isHeld) {
        file.changedWhileVerifying ||= file.state === 'verifying';
        this.#hold(id, chunk, position, offsets);
        if (!offsets.wasRead(position.offset)) this.reportBad({ ...position, error });
        return file.version.isComplete && file.state === 'assembling'
          ? { kind: 'complete', file }
          : { kind: 'settled', file };
      }
      // A version that its first chunk could not open must not stay.
      if (file.version.heldCount === 0 && !file.isReadingBack) this.remove(file);
      throw error;
    }
  }

  #checkLimits({ data, count }: FileChunk): void {
    const { maxChunkBytes = Infinity, maxChunkCount = Infinity } = this.#options.limits ?? {};
    if (data.length > maxChunkBytes)
      throw new FileTooLargeError(
        `a chunk has ${data.length} bytes; chunks of at most ${maxChunkBytes} bytes are taken (--max-chunk-size)`,
      );
    if (count > maxChunkCount)
      throw new FileTooLargeError(
        `it was sent in ${count} chunks; files of at most ${maxChunkCount} chunks are taken (--max-chunks)`,
      );
  }

  /** Chunks that are held say that the file fits: then the new one lies about it, and the others wait for a better one. */
  #isSaidToFit({ version }: OpenFile): boolean {
    return version.heldCount > 0 && version.mostBytes <= this.#options.maxFileBytes;
  }

  /** The same content with another number of chunks: two uploads, or a chunk that lies. They are kept apart. */
  #reportOtherCount(file: OpenFile, position: ChunkPosition): void {
    const { path, count } = file.version.identity;
    const other = this.#byContent.get(contentOf(file));
    if (other === undefined || other === file) return;
    const error = new ChunkConflictError(
      `a chunk of ${path} says that it is one of ${count}, while others of the same content say ` +
        `${other.version.identity.count}; they are put together apart from each other`,
      { isHeld: true },
    );
    this.reportBad({ ...position, error });
  }

  #hold(id: string, chunk: FileChunk, { offset }: ChunkPosition, offsets: PartitionOffsets): void {
    offsets.hold(id, offset);
    if (!offsets.wasRead(offset)) return;
    this.reread.rereadChunkCount += 1;
    this.reread.rereadBytes += chunk.data.length;
    this.reread.rereadFiles.add(id);
  }

  /** Opens a file that was set aside to give it up: no chunk of it is held, and none holds its partition back. */
  openSetAside(id: string, { path, sha512, chunkCount, records }: SetAsideFile, nowMs: number): OpenFile {
    const slash = path.lastIndexOf('/');
    const identity: VersionIdentity = {
      ...{ id, path, filename: path.slice(slash + 1), subdirectory: path.slice(0, Math.max(0, slash)) },
      fileHash: Buffer.from(sha512, 'hex'),
      count: chunkCount,
    };
    const file = this.#openFile(identity, { nowMs, writtenAtMs: nowMs, trace: undefined });
    for (const chunks of records.values()) for (const chunk of chunks) file.version.note(chunk);
    return file;
  }

  #open(id: string, chunk: FileChunk, path: SafeFilePath, times: ChunkArrival): OpenFile {
    this.#checkRoom(path.path);
    const identity: VersionIdentity = {
      id,
      ...path,
      fileHash: Buffer.from(chunk.fileHash),
      count: chunk.count,
      ...(chunk.modifiedAtSeconds === undefined ? {} : { modifiedAtSeconds: chunk.modifiedAtSeconds }),
    };
    return this.#openFile(identity, times);
  }

  #openFile(identity: VersionIdentity, { nowMs, writtenAtMs, trace }: ChunkArrival): OpenFile {
    this.#lastWorkId += 1;
    const file: OpenFile = {
      workId: this.#lastWorkId,
      version: new FileVersion(identity, this.#options.maxFileBytes, this.#stores),
      firstChunkAtMs: nowMs,
      lastChunkAtMs: nowMs,
      lastChunkNumber: 0,
      firstWrittenAtMs: writtenAtMs,
      chunkWrittenAtMs: writtenAtMs,
      trace,
      state: 'assembling',
      changedWhileVerifying: false,
      copies: [],
      isReadingBack: false,
      readBackCount: 0,
      reopenedCount: 0,
      removedCount: 0,
      mustStayOpen: false,
      size: 0,
      messageCount: 0,
      messageBytes: 0,
      attempts: 0,
      processingMs: 0,
    };
    this.#files.set(identity.id, file);
    this.#enterFoldedPath(file);
    const content = contentOf(file);
    if (!this.#byContent.has(content)) this.#byContent.set(content, file);
    return file;
  }

  /** @throws {TooManyOpenFilesError} @throws {UnsafePathError} */
  #checkRoom(path: string): void {
    const { maxOpenFiles = Infinity } = this.#options.limits ?? {};
    if (this.#files.size >= maxOpenFiles)
      throw new TooManyOpenFilesError(
        `${path} would be open beside ${this.#files.size} others; at most ${maxOpenFiles} are (--max-open-files)`,
      );
    if (!this.#foldsNames) return;
    for (const { version } of this.#byFoldedPath.get(foldPath(path, this.#folding)) ?? []) {
      const open = version.identity.path;
      if (open !== path)
        throw new UnsafePathError(
          `unsafe path: ${JSON.stringify(path)} and ${JSON.stringify(open)}, which is open, are one file in the output directory`,
        );
    }
  }

  get #foldsNames(): boolean {
    return this.#folding.foldsCase || this.#folding.foldsUnicode;
  }

  #enterFoldedPath(file: OpenFile): void {
    if (!this.#foldsNames) return;
    const folded = foldPath(file.version.identity.path, this.#folding);
    this.#byFoldedPath.set(folded, (this.#byFoldedPath.get(folded) ?? new Set()).add(file));
  }

  #leaveFoldedPath(file: OpenFile): void {
    if (!this.#foldsNames) return;
    const folded = foldPath(file.version.identity.path, this.#folding);
    const files = this.#byFoldedPath.get(folded);
    files?.delete(file);
    if (files?.size === 0) this.#byFoldedPath.delete(folded);
  }
}

export interface ChunkIntakeParts {
  readonly outcomes: RecentOutcomes;
  readonly memory: HeldMemory;
  readonly report: (report: EngineReport) => void;
  readonly onDisk: (action: PartAction) => void;
}

function contentOf({ version: { identity } }: OpenFile): string {
  return `${identity.path}\0${identity.fileHash.toString('latin1')}`;
}

/** Counts that begin anew. */
export function noReread(): RereadCounts {
  return {
    rereadChunkCount: 0,
    rereadBytes: 0,
    rereadFiles: new Set(),
    skippedChunkCount: 0,
    skippedBytes: 0,
  };
}
