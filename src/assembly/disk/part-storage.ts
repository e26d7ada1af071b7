import type { PartAction } from '../byte-store.js';
import type { HeldChunk } from '../held-chunk.js';
import type { NameFolding } from '../name-folding.js';

/** A whole file in a part file. */
export interface PartContent {
  readonly part: number;
  /** Length of the file in bytes. */
  readonly size: number;
  /** SHA-512 that it should have. */
  readonly fileHash: Uint8Array;
  /** What it is made of, in the order of their bytes. */
  readonly chunks: readonly HeldChunk[];
}

/** Whether a part file has the hash it should have; if not, indexes of the chunks that do not have theirs. */
export type PartCheck =
  { readonly matches: true } | { readonly matches: false; readonly damagedIndexes: readonly number[] };

/** Where the user's method finds a file. */
export interface StoredPlace {
  /** Absolute path of the bytes; they stay until the file has its outcome. */
  readonly storedAt: string;
  /** Absolute path of its final place, where it stays; undefined: files are not kept. */
  readonly localPath?: string;
}

/** Told by a storage. Must not throw. */
export interface PartStorageHandlers {
  /** The bytes of one `write` are not held in memory any more: written, or not wanted any more. */
  onWritten(part: number, byteLength: number): void;
  /** The disk does not take it, e.g. because it is full. It is tried again until it works. */
  onTrouble(error: Error): void;
  onRecovered(): void;
  /** Bytes that were written are not there any more. What was put together so far cannot be trusted. */
  onLost(error: Error): void;
  onNote(text: string): void;
}

/** Part files: written in the order of the actions, one part beside the other. Nothing here blocks the calling thread. */
export interface PartStorage {
  /**
   * Makes ready what the mode needs from the start, and removes what a run that crashed left behind.
   * @returns which names the file system takes for the same
   * @throws {StorageError} files are to be kept, and the output directory cannot be used
   */
  open(): Promise<NameFolding>;
  act(action: PartAction): void;
  /** Resolves once everything before is written; undefined when the part was removed meanwhile. */
  verify(content: PartContent): Promise<PartCheck | undefined>;
  /**
   * Makes a verified file durable and gives it its final name, where files are kept.
   * @param path relative, from `safeFilePath`
   * @returns undefined when the part was removed meanwhile
   * @throws {UnsafePathError} it cannot have this name there
   */
  publish(part: number, path: string): Promise<StoredPlace | undefined>;
  /** Removes all part files. Never rejects. */
  close(): Promise<void>;
}
