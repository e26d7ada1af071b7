import type { ChunkBuffers } from './chunk-buffers.js';
import type { FileMemory } from './file-memory.js';

/** A part of a file: `byteLength` bytes from byte `startByte` on. */
export interface ByteRange {
  readonly startByte: number;
  readonly byteLength: number;
}

/**
 * Where the bytes of a file are while its chunks arrive: in memory, or in a part file on disk.
 *
 * What is on disk is written beside everything else, so it cannot be looked at at once; what needs a look at it (is a copy the
 * same, which chunk is damaged) is decided later, when the whole file is verified.
 */
export interface ByteStore {
  /** Number of the part file; undefined: in memory. */
  readonly part: number | undefined;
  /** Copies the bytes to their place before it returns: they belong to a whole fetch response. */
  write(startByte: number, data: Uint8Array): void;
  /** A view, valid until the next `write`; undefined: not in memory. */
  view(range: ByteRange): Buffer | undefined;
  /** The bytes are not needed any more. */
  release(): void;
}

/** What is to be done with part files, in this order for each part. */
export type PartAction =
  /** Answered once it is done, or the part is removed: until then `data` is held in memory. */
  | {
      readonly kind: 'write';
      readonly part: number;
      readonly startByte: number;
      readonly data: Uint8Array;
      /** What is known of the length of the whole file; it may be wrong. */
      readonly expectedBytes?: number;
      /** To be called once `data` is not looked at any more; it may be empty then. */
      readonly onDone?: () => void;
    }
  | { readonly kind: 'remove'; readonly part: number };

/** Which files are put together where. */
export interface StoreOptions {
  /** Largest file that may be held in memory; 0: all are put together on disk. */
  readonly mostMemoryBytes: number;
  /** Called with what is to be done on disk. */
  readonly onDisk: (action: PartAction) => void;
  /** Memory for chunks on their way to disk. */
  readonly buffers: ChunkBuffers;
  /** Memory for files. */
  readonly memory: FileMemory;
}
