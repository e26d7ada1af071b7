import { constants } from 'node:fs';
import { open, stat, type FileHandle } from 'node:fs/promises';
import { ByteGate } from './byte-gate.js';
import { ChunkRun, type ChunkRunOptions } from './chunk-run.js';
import { readTwice, wholeFile, type ChunkSource } from './chunk-source.js';
import { identityOf, isSameIdentity, type FileIdentity } from './file-identity.js';
import type { SourceFile, UploadOutcome, UploadRequest } from './upload-outcome.js';

export interface FileUploaderOptions extends ChunkRunOptions {
  /** Bytes of files and of messages that are held at the same time. */
  readonly memoryBytes: number;
}

/** Larger ones are read twice rather than kept. */
const mostWholeBytes = 8 * 1024 * 1024;
/** One is hashed while the other is sent; of more, a reader would hold more unfinished ones. */
const largeFileCount = 2;

/** Sends files as chunks, in bounded memory, several at a time, and never bytes that are not those of the hash they name. */
export class FileUploader {
  readonly #options: FileUploaderOptions;
  readonly #memory: ByteGate;
  readonly #largeFiles = new ByteGate(largeFileCount);
  readonly #wholeBytes: number;

  constructor(options: FileUploaderOptions) {
    this.#options = options;
    this.#memory = new ByteGate(options.memoryBytes);
    this.#wholeBytes = Math.min(mostWholeBytes, options.memoryBytes / 4);
  }

  /** @throws what `send` and `partitionCount` throw */
  async upload(file: SourceFile, request: UploadRequest): Promise<UploadOutcome> {
    try {
      // A named pipe would otherwise wait here for somebody who writes.
      const handle = await open(file.localPath, constants.O_RDONLY | constants.O_NONBLOCK);
      try {
        return await this.#uploadOpen(file, handle, request);
      } finally {
        await handle.close();
      }
    } catch (error) {
      if (isSystemError(error))
        return { kind: 'unreadable', reason: error.message, isGone: isMissing(error) };
      throw error;
    }
  }

  async #uploadOpen(file: SourceFile, handle: FileHandle, request: UploadRequest): Promise<UploadOutcome> {
    const stats = await handle.stat({ bigint: true });
    if (!stats.isFile()) return { kind: 'unreadable', reason: 'it is not a file', isGone: false };
    const identity = identityOf(stats);
    if (identity.sizeBytes === 0) return { kind: 'empty', identity };
    const isLarge = identity.sizeBytes > this.#wholeBytes;
    // The file's bytes and those of its messages.
    const leave = await (isLarge ? this.#largeFiles.enter(1) : this.#memory.enter(2 * identity.sizeBytes));
    try {
      return await this.#uploadIn(file, handle, identity, request, isLarge);
    } finally {
      leave();
    }
  }

  async #uploadIn(
    file: SourceFile,
    handle: FileHandle,
    identity: FileIdentity,
    request: UploadRequest,
    isLarge: boolean,
  ): Promise<UploadOutcome> {
    const isStopped = (): boolean => request.signal.aborted;
    if (isStopped()) return { kind: 'stopped' };
    const source = await this.#read(handle, identity.sizeBytes, isLarge, request.signal);
    if (source === undefined) return { kind: isStopped() ? 'stopped' : 'changed' };
    const memory = isLarge ? this.#memory : undefined;
    const outcome = await new ChunkRun(this.#options, { file, identity, source, request, memory }).run();
    if (outcome.kind !== 'sent') return outcome;
    return (await isStillTheSame(file.localPath, handle, identity)) ? outcome : { kind: 'changed' };
  }

  #read(
    handle: FileHandle,
    sizeBytes: number,
    isLarge: boolean,
    signal: AbortSignal,
  ): Promise<ChunkSource | undefined> {
    const { chunkBytes } = this.#options;
    return isLarge
      ? readTwice(handle, sizeBytes, chunkBytes, signal)
      : wholeFile(handle, sizeBytes, chunkBytes);
  }
}

/** Also true when the file was removed or renamed meanwhile: what was sent is what was there. */
async function isStillTheSame(path: string, handle: FileHandle, identity: FileIdentity): Promise<boolean> {
  if (!isSameIdentity(identityOf(await handle.stat({ bigint: true })), identity)) return false;
  try {
    return isSameIdentity(identityOf(await stat(path, { bigint: true })), identity);
  } catch (error) {
    if (isSystemError(error) && isMissing(error)) return true;
    throw error;
  }
}

export function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error && 'errno' in error;
}

export function isMissing({ code }: NodeJS.ErrnoException): boolean {
  return code === 'ENOENT' || code === 'ENOTDIR';
}
