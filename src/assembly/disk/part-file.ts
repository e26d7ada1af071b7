import { createHash, type Hash } from 'node:crypto';
import { constants } from 'node:fs';
import { open, unlink, type FileHandle } from 'node:fs/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { StorageError } from '../../errors.js';
import type { ByteRange } from '../byte-store.js';
import type { HeldChunk } from '../chunk-assembly.js';
import type { PartCheck } from './part-storage.js';

/** Read, copied and hashed at a time: a few milliseconds of the engine's thread. */
const sliceBytes = 512 * 1024;
/** Memory for slices, used again and again: not more than parts are worked on at the same time. */
const freeSlices: Buffer[] = [];

/**
 * One part file. Calls must not overlap.
 *
 * The hash of the file is computed on the way as long as bytes come in order, so that a file that was sent in order need not be
 * read again to be verified.
 */
export class PartFile {
  readonly path: string;
  #handle: FileHandle | undefined;
  #isMade = false;
  /** Of the first `#hashedBytes` bytes. */
  #hash: Hash = createHash('sha512');
  #hashedBytes = 0;

  constructor(path: string) {
    this.path = path;
  }

  get isOpen(): boolean {
    return this.#handle !== undefined;
  }

  async write(startByte: number, data: Uint8Array): Promise<void> {
    const handle = await this.#open();
    for (let done = 0; done < data.length;) {
      const { bytesWritten } = await handle.write(data, done, data.length - done, startByte + done);
      done += bytesWritten;
    }
    await this.#hashOn(startByte, data);
  }

  /** Writes these ranges of this file into another one. */
  async copyTo(target: PartFile, ranges: readonly ByteRange[]): Promise<void> {
    for (const range of ranges)
      for await (const { startByte, data } of this.#slices(range)) await target.write(startByte, data);
  }

  /** @returns whether the first `size` bytes have the hash; if not, which chunks do not have theirs */
  async verify(size: number, fileHash: Uint8Array, chunks: readonly HeldChunk[]): Promise<PartCheck> {
    // A chunk that lay further on may have been given up.
    if (this.#hashedBytes > size) this.#forgetHash();
    const rest = { startByte: this.#hashedBytes, byteLength: size - this.#hashedBytes };
    for await (const { startByte, data } of this.#slices(rest)) await this.#hashOn(startByte, data);
    if (this.#hash.copy().digest().equals(fileHash)) {
      await (await this.#open()).truncate(size);
      return { matches: true };
    }
    const damagedIndexes: number[] = [];
    for (const chunk of chunks) {
      const hash = createHash('sha512');
      for await (const { data } of this.#slices(chunk)) hash.update(data);
      if (!hash.digest().equals(chunk.chunkHash)) damagedIndexes.push(chunk.index);
    }
    return { matches: false, damagedIndexes };
  }

  /** The bytes are on the disk itself when this returns. */
  async sync(): Promise<void> {
    await (await this.#open()).sync();
  }

  /** It is opened again when it is needed. */
  async close(): Promise<void> {
    const handle = this.#handle;
    this.#handle = undefined;
    await handle?.close();
  }

  async remove(): Promise<void> {
    await this.close().catch(() => undefined);
    if (this.#isMade) await unlink(this.path).catch(() => undefined);
  }

  async #open(): Promise<FileHandle> {
    if (this.#handle !== undefined) return this.#handle;
    const isNew = this.#isMade ? 0 : constants.O_CREAT | constants.O_EXCL;
    try {
      // 0 where the system does not know it.
      this.#handle = await open(this.path, constants.O_RDWR | isNew | (constants.O_NOFOLLOW || 0), 0o600);
    } catch (error) {
      if (this.#isMade && (error as NodeJS.ErrnoException).code === 'ENOENT')
        throw this.#lost('is gone', error);
      throw error;
    }
    this.#isMade = true;
    return this.#handle;
  }

  /** The bytes of a range; each piece is valid until the next one. */
  async *#slices({ startByte, byteLength }: ByteRange): AsyncGenerator<{ startByte: number; data: Buffer }> {
    const handle = await this.#open();
    if (byteLength <= 0) return;
    const buffer = freeSlices.pop() ?? Buffer.allocUnsafeSlow(sliceBytes);
    try {
      const end = startByte + byteLength;
      for (let at = startByte; at < end;) {
        const { bytesRead } = await handle.read(buffer, 0, Math.min(buffer.length, end - at), at);
        if (bytesRead === 0) throw this.#lost(`ends at byte ${at}; ${end} bytes were written`);
        yield { startByte: at, data: buffer.subarray(0, bytesRead) };
        at += bytesRead;
      }
    } finally {
      freeSlices.push(buffer);
    }
  }

  async #hashOn(startByte: number, data: Uint8Array): Promise<void> {
    if (startByte < this.#hashedBytes) this.#forgetHash();
    if (startByte !== this.#hashedBytes) return;
    for (let at = 0; at < data.length; at += sliceBytes) {
      if (at > 0) await nextTurn();
      this.#hash.update(data.subarray(at, at + sliceBytes));
    }
    this.#hashedBytes += data.length;
  }

  #forgetHash(): void {
    this.#hash = createHash('sha512');
    this.#hashedBytes = 0;
  }

  #lost(what: string, cause?: unknown): StorageError {
    return new StorageError(
      `part file ${this.path} ${what}: another program has changed it. Start the worker again: it reads the chunks again`,
      { isLost: true, ...(cause === undefined ? {} : { cause }) },
    );
  }
}
