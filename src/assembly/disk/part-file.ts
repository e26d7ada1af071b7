import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { open, unlink, type FileHandle } from 'node:fs/promises';
import { StorageError } from '../../errors.js';
import type { ByteRange } from '../byte-store.js';
import { sliceBytes } from '../hashing/hash-messages.js';
import { InlinePartHash, type PartHash } from './part-hash.js';
import type { HeldChunk } from '../held-chunk.js';
import type { PartCheck } from './part-storage.js';

/** Memory for slices, used again and again: not more than parts are worked on at the same time. */
const freeSlices: Buffer[] = [];

/** One part file. Calls must not overlap. */
export class PartFile {
  readonly path: string;
  #handle: FileHandle | undefined;
  #isMade = false;
  readonly #hash: PartHash;

  constructor(path: string, hash: PartHash = new InlinePartHash()) {
    this.path = path;
    this.#hash = hash;
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
    await this.#hash.wrote(startByte, data);
  }

  /** @returns whether the first `size` bytes have the hash; if not, which chunks do not have theirs */
  async verify(size: number, fileHash: Uint8Array, chunks: readonly HeldChunk[]): Promise<PartCheck> {
    const digest = await this.#hash.digest(size, range => this.#slices(range));
    if (digest.equals(fileHash)) {
      await (await this.#open()).truncate(size);
      return { matches: true };
    }
    // What is damaged is written once more, maybe in other pieces.
    this.#hash.forget();
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
    this.#hash.forget();
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

  #lost(what: string, cause?: unknown): StorageError {
    return new StorageError(
      `part file ${this.path} ${what}: another program has changed it. Start the worker again: it reads the chunks again`,
      { isLost: true, ...(cause === undefined ? {} : { cause }) },
    );
  }
}
