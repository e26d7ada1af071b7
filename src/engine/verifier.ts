import { createHash } from 'node:crypto';

/** Hashed in one go, about 20 ms; a larger file in pieces of this size, so that heartbeats and fetches get between. */
const pieceBytes = 16 * 1024 * 1024;

/**
 * Compares the SHA-512 of whole files with the one their uploader sent.
 *
 * In the engine's own thread: the thread pool (`crypto.subtle`) copies what it hashes, and with it a file cost 1.6 times the CPU
 * time. `bytes` must not change until the answer is there.
 */
export class Verifier {
  readonly #onVerified: (workId: number, matches: boolean) => void;

  /** @param onVerified called synchronously, but for files of more than 16 MiB */
  constructor(onVerified: (workId: number, matches: boolean) => void) {
    this.#onVerified = onVerified;
  }

  verify(workId: number, bytes: Buffer, fileHash: Uint8Array): void {
    const hash = createHash('sha512');
    const next = (start: number): void => {
      const end = start + pieceBytes;
      hash.update(bytes.subarray(start, end));
      if (end < bytes.length) setImmediate(next, end);
      else this.#onVerified(workId, hash.digest().equals(fileHash));
    };
    next(0);
  }
}
