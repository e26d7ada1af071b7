import { createHash, webcrypto } from 'node:crypto';
import type { RunningHashes } from '../assembly/hashing/running-hashes.js';

/** From this size on the hash is computed in Node's thread pool: below, the way there costs more than the hash. */
const threadPoolBytes = 256 * 1024;

export interface VerifierHandlers {
  /** Called at once for small files. */
  readonly onVerified: (workId: number, matches: boolean) => void;
  /** Bytes given to `hash` are hashed, or never will be. */
  readonly onHashed: () => void;
}

/**
 * Compares the SHA-512 of files with the one their uploader sent.
 *
 * Large files are hashed in the thread pool, beside fetching: the same CPU time, and 1.15 times the rate of hashing in this
 * thread (files of 5 MiB, two cores). `bytes` must not change until the answer is there. Larger ones are hashed while they come,
 * in a thread of its own: the pool hashes whole files only, and copies each of them first.
 */
export class Verifier {
  readonly #hashes: RunningHashes;
  readonly #handlers: VerifierHandlers;
  /** Hashes of files that come, by work id. */
  readonly #running = new Map<number, number>();

  constructor(hashes: RunningHashes, handlers: VerifierHandlers) {
    this.#hashes = hashes;
    this.#handlers = handlers;
  }

  verify(workId: number, bytes: Buffer, fileHash: Uint8Array): void {
    const { onVerified } = this.#handlers;
    if (bytes.length < threadPoolBytes) {
      onVerified(workId, createHash('sha512').update(bytes).digest().equals(fileHash));
      return;
    }
    webcrypto.subtle.digest('SHA-512', bytes).then(
      digest => onVerified(workId, Buffer.from(digest).equals(fileHash)),
      // No memory for the thread pool's copy: slower, in this thread.
      () => onVerified(workId, createHash('sha512').update(bytes).digest().equals(fileHash)),
    );
  }

  /** Copies the bytes, which follow those that were given before; from byte 0 on the hash begins anew. */
  hash(workId: number, startByte: number, bytes: Uint8Array): void {
    if (startByte === 0) this.forget(workId);
    const hashId = this.#running.get(workId) ?? this.#hashes.nextId();
    this.#running.set(workId, hashId);
    this.#hashes.add(hashId, bytes, () => this.#handlers.onHashed());
  }

  /** Ends the hash. No answer comes once there are no hashes any more. */
  async verifyHashed(workId: number, fileHash: Uint8Array): Promise<void> {
    const hashId = this.#running.get(workId);
    this.#running.delete(workId);
    const digest = hashId === undefined ? undefined : await this.#hashes.digest(hashId);
    if (digest !== undefined) this.#handlers.onVerified(workId, digest.equals(fileHash));
  }

  forget(workId: number): void {
    const hashId = this.#running.get(workId);
    this.#running.delete(workId);
    if (hashId !== undefined) this.#hashes.forget(hashId);
  }
}
