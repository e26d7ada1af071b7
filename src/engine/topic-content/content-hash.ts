import { createHash, type Hash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { sliceBytes } from '../../assembly/hashing/hash-messages.js';
import type { RunningHashes } from '../../assembly/hashing/running-hashes.js';

/** SHA-512 of bytes that come one window after the other. */
export interface ContentHash {
  /** @returns once the bytes may be changed, or given away */
  add(bytes: Uint8Array): Promise<void>;
  /** @returns undefined: it could not be computed */
  digest(): Promise<Buffer | undefined>;
  /** It is not wanted any more. */
  forget(): void;
}

/** In the thread that hashes, beside everything else. */
export class ThreadContentHash implements ContentHash {
  readonly #hashes: RunningHashes;
  readonly #hashId: number;

  constructor(hashes: RunningHashes) {
    this.#hashes = hashes;
    this.#hashId = hashes.nextId();
  }

  add(bytes: Uint8Array): Promise<void> {
    return this.#hashes.addInTurn(this.#hashId, bytes);
  }

  digest(): Promise<Buffer | undefined> {
    return this.#hashes.digest(this.#hashId);
  }

  forget(): void {
    this.#hashes.forget(this.#hashId);
  }
}

/** In this thread, piece by piece: where there is no other. */
export class InlineContentHash implements ContentHash {
  readonly #hash: Hash = createHash('sha512');

  async add(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; at += sliceBytes) {
      if (at > 0) await nextTurn();
      this.#hash.update(bytes.subarray(at, at + sliceBytes));
    }
  }

  digest(): Promise<Buffer | undefined> {
    return Promise.resolve(this.#hash.digest());
  }

  forget(): void {
    // There is nothing.
  }
}

/** Makes hashes; those that must not fail, and all once the thread has ended, without it. */
export function contentHashes(hashes: RunningHashes): (isSure: boolean) => ContentHash {
  return isSure => (isSure || hashes.hasEnded ? new InlineContentHash() : new ThreadContentHash(hashes));
}
