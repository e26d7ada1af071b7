import type { SafeFilePath } from '../../wire/safe-file-path.js';
import type { FileIdentity } from './file-identity.js';

/** A file on this machine. */
export interface SourceFile {
  /** As it is to arrive. */
  readonly target: SafeFilePath;
  /** Where it lies here. */
  readonly localPath: string;
}

/** One content of a file, and how it was cut. */
export interface SentVersion {
  /** SHA-512, hex. */
  readonly fileHash: string;
  readonly chunkCount: number;
}

/**
 * - `sent`: all chunks are acknowledged, and the file is as it was when it was opened. `sentCount`: chunks sent by this call
 * - `empty`: it has no byte, so it has no chunk
 * - `changed`: it changed while it was read; a part may be on the topic, no chunk of which has wrong bytes
 * - `unreadable`: the system refused to open or to read it, or it is no file; `isGone`: it is not there any more
 * - `stopped`: `signal` was given; a part may be on the topic
 */
export type UploadOutcome =
  | (SentVersion & { readonly kind: 'sent'; readonly identity: FileIdentity; readonly sentCount: number })
  | { readonly kind: 'empty'; readonly identity: FileIdentity }
  | { readonly kind: 'changed' }
  | { readonly kind: 'unreadable'; readonly reason: string; readonly isGone: boolean }
  | { readonly kind: 'stopped' };

export interface UploadRequest {
  /** Ends it between two chunks. */
  readonly signal: AbortSignal;
  /**
   * Called once the content is known, before anything of it is sent.
   * @returns how many chunks, counted from the first one, are on the topic already; all of them: nothing is sent
   */
  readonly onHashed?: (version: SentVersion, identity: FileIdentity) => number;
  /** After each acknowledgement: chunks acknowledged without a gap from the first one, and the bytes of the file it was for. */
  readonly onAcked?: (ackedCount: number, byteCount: number) => void;
}
