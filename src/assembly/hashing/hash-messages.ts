/** Bytes that are handed over at a time: about a millisecond of hashing. */
export const sliceBytes = 512 * 1024;

/** Slices that may be on their way to the thread: enough for the time that the engine's thread looks at what it fetched. */
export const sliceCount = 16;

/** Beside them, for those that wait until one is free. */
export const patientSliceCount = 4;

/** From this size on a file is hashed while it arrives: below, its hash takes less time than anybody notices. */
export const leastBytesAsTheyCome = 32 * 1024 * 1024;

/** What the thread that hashes is started with. */
export interface HashThreadData {
  /** `sliceCount` slices, and `patientSliceCount`. */
  readonly memory: SharedArrayBuffer;
}

/** A hash is begun with the first bytes that are added to it. */
export type ToHashThread =
  /** The bytes of one slice of the shared memory, which is free again once `added` is answered. */
  | { readonly kind: 'add'; readonly hashId: number; readonly slice: number; readonly byteLength: number }
  /** A range of a file that no one changes meanwhile. */
  | {
      readonly kind: 'add-from-file';
      readonly hashId: number;
      readonly path: string;
      readonly startByte: number;
      readonly endByte: number;
    }
  /** Ends it. */
  | { readonly kind: 'digest'; readonly hashId: number }
  | { readonly kind: 'forget'; readonly hashId: number };

export type FromHashThread =
  | { readonly kind: 'added'; readonly slice: number }
  /** Undefined: the file could not be read. */
  | { readonly kind: 'digest'; readonly hashId: number; readonly digest: Uint8Array | undefined };
