import { createHash, webcrypto } from 'node:crypto';

/** From this size on the hash is computed in Node's thread pool: below, the way there costs more than the hash. */
const threadPoolBytes = 256 * 1024;

/**
 * Compares the SHA-512 of whole files with the one their uploader sent.
 *
 * Large files are hashed in the thread pool, beside fetching: the same CPU time, and 1.15 times the rate of hashing in this
 * thread (files of 5 MiB, two cores). `bytes` must not change until the answer is there.
 */
export class Verifier {
  readonly #onVerified: (workId: number, matches: boolean) => void;

  /** @param onVerified called synchronously for small files */
  constructor(onVerified: (workId: number, matches: boolean) => void) {
    this.#onVerified = onVerified;
  }

  verify(workId: number, bytes: Buffer, fileHash: Uint8Array): void {
    if (bytes.length < threadPoolBytes) {
      this.#onVerified(workId, createHash('sha512').update(bytes).digest().equals(fileHash));
      return;
    }
    webcrypto.subtle.digest('SHA-512', bytes).then(
      digest => this.#onVerified(workId, Buffer.from(digest).equals(fileHash)),
      // No memory for the thread pool's copy: slower, in this thread.
      () => this.#onVerified(workId, createHash('sha512').update(bytes).digest().equals(fileHash)),
    );
  }
}
