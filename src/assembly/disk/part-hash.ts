import { createHash, type Hash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ByteRange } from '../byte-store.js';
import { sliceBytes } from '../hashing/hash-messages.js';
import type { RunningHashes } from '../hashing/running-hashes.js';

/** How often a hash is begun again before the file is whole: each further copy of a chunk would cost as much as the file. */
const mostRestarts = 4;

/** Bytes of a part file, each piece valid until the next one. */
export type ReadSlices = (range: ByteRange) => AsyncIterable<{ startByte: number; data: Buffer }>;

/** The hash of a part file, computed on the way as far as its bytes are there, so that little is left to do once it is whole. */
export interface PartHash {
  /** These bytes are in the file now. */
  wrote(startByte: number, data: Uint8Array): Promise<void> | void;
  /** @returns the SHA-512 of the first `size` bytes, as they are in the file */
  digest(size: number, read: ReadSlices): Promise<Buffer>;
  /** What was written so far may be changed. */
  forget(): void;
}

/** In the calling thread, as long as bytes come in order. */
export class InlinePartHash implements PartHash {
  /** Of the first `#hashedBytes` bytes. */
  #hash: Hash = createHash('sha512');
  #hashedBytes = 0;

  async wrote(startByte: number, data: Uint8Array): Promise<void> {
    if (startByte < this.#hashedBytes) this.forget();
    if (startByte !== this.#hashedBytes) return;
    for (let at = 0; at < data.length; at += sliceBytes) {
      if (at > 0) await nextTurn();
      this.#hash.update(data.subarray(at, at + sliceBytes));
    }
    this.#hashedBytes += data.length;
  }

  async digest(size: number, read: ReadSlices): Promise<Buffer> {
    // A chunk that lay further on may have been given up.
    if (this.#hashedBytes > size) this.forget();
    const rest = { startByte: this.#hashedBytes, byteLength: size - this.#hashedBytes };
    for await (const { startByte, data } of read(rest)) await this.wrote(startByte, data);
    return this.#hash.copy().digest();
  }

  forget(): void {
    this.#hash = createHash('sha512');
    this.#hashedBytes = 0;
  }
}

/**
 * In the thread that hashes, which reads the file itself: what is hashed is what the file has. Bytes may come in any order; the thread
 * is told of those at the beginning without a gap between them.
 */
export class ThreadPartHash implements PartHash {
  readonly #hashes: RunningHashes;
  readonly #path: string;
  #hashId: number | undefined;
  /** The thread was told of so many bytes. */
  #toldBytes = 0;
  /** So many bytes at the beginning are written. */
  #prefixBytes = 0;
  /** Ends of ranges further on, by their starts. */
  readonly #further = new Map<number, number>();
  #restartCount = 0;

  constructor(hashes: RunningHashes, path: string) {
    this.#hashes = hashes;
    this.#path = path;
  }

  wrote(startByte: number, data: Uint8Array): void {
    // The same place once more, maybe with other bytes than the thread has read.
    if (startByte < this.#toldBytes) {
      this.#forgetHash();
      this.#restartCount += 1;
    }
    if (startByte >= this.#prefixBytes) this.#further.set(startByte, startByte + data.length);
    for (;;) {
      const end = this.#further.get(this.#prefixBytes);
      if (end === undefined) break;
      this.#further.delete(this.#prefixBytes);
      this.#prefixBytes = end;
    }
    if (this.#restartCount <= mostRestarts) this.#tell(this.#prefixBytes);
  }

  async digest(size: number, read: ReadSlices): Promise<Buffer> {
    if (this.#toldBytes > size) this.#forgetHash();
    this.#tell(size);
    const hashId = this.#hashId ?? this.#hashes.nextId();
    this.#hashId = undefined;
    this.#toldBytes = 0;
    const digest = await this.#hashes.digest(hashId);
    if (digest !== undefined) return digest;
    const whole = new InlinePartHash();
    return whole.digest(size, read);
  }

  forget(): void {
    this.#forgetHash();
    this.#prefixBytes = 0;
    this.#further.clear();
  }

  #tell(endByte: number): void {
    if (endByte <= this.#toldBytes) return;
    this.#hashId ??= this.#hashes.nextId();
    this.#hashes.addFromFile(this.#hashId, this.#path, this.#toldBytes, endByte);
    this.#toldBytes = endByte;
  }

  #forgetHash(): void {
    if (this.#hashId !== undefined) this.#hashes.forget(this.#hashId);
    this.#hashId = undefined;
    this.#toldBytes = 0;
  }
}
