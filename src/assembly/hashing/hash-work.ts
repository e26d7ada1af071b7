import { createHash, type Hash } from 'node:crypto';
import { closeSync, constants, openSync, readSync } from 'node:fs';
import { sliceBytes, type FromHashThread, type ToHashThread } from './hash-messages.js';

interface RunningHash {
  readonly hash: Hash;
  file?: number;
  /** The file could not be read: there is no digest. */
  isBroken: boolean;
}

/** What the thread that hashes does. */
export class HashWork {
  readonly #memory: Uint8Array;
  readonly #answer: (answer: FromHashThread) => void;
  readonly #running = new Map<number, RunningHash>();
  #piece: Buffer | undefined;

  /** @param memory the slices */
  constructor(memory: Uint8Array, answer: (answer: FromHashThread) => void) {
    this.#memory = memory;
    this.#answer = answer;
  }

  take(message: ToHashThread): void {
    switch (message.kind) {
      case 'add': {
        const { hashId, slice, byteLength } = message;
        const start = slice * sliceBytes;
        this.#runningOf(hashId).hash.update(this.#memory.subarray(start, start + byteLength));
        return this.#answer({ kind: 'added', slice });
      }
      case 'add-from-file':
        return this.#addFromFile(message);
      case 'digest': {
        const { hashId } = message;
        const { hash, isBroken } = this.#runningOf(hashId);
        this.#end(hashId);
        return this.#answer({ kind: 'digest', hashId, digest: isBroken ? undefined : hash.digest() });
      }
      case 'forget':
        return this.#end(message.hashId);
    }
  }

  #addFromFile({ hashId, path, startByte, endByte }: ToHashThread & { kind: 'add-from-file' }): void {
    const running = this.#runningOf(hashId);
    if (running.isBroken) return;
    const piece = (this.#piece ??= Buffer.allocUnsafeSlow(sliceBytes));
    try {
      running.file ??= openSync(path, constants.O_RDONLY | (constants.O_NOFOLLOW || 0));
      for (let at = startByte; at < endByte;) {
        const count = readSync(running.file, piece, 0, Math.min(piece.length, endByte - at), at);
        if (count === 0) throw new Error(`${path} ends at byte ${at}`);
        running.hash.update(piece.subarray(0, count));
        at += count;
      }
    } catch {
      // Whoever wants the digest reads the file itself, and says what is wrong with it.
      running.isBroken = true;
    }
  }

  #runningOf(hashId: number): RunningHash {
    const known = this.#running.get(hashId);
    if (known !== undefined) return known;
    const running = { hash: createHash('sha512'), isBroken: false };
    this.#running.set(hashId, running);
    return running;
  }

  #end(hashId: number): void {
    const file = this.#running.get(hashId)?.file;
    this.#running.delete(hashId);
    if (file !== undefined) closeSync(file);
  }
}
