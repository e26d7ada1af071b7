/** One chunk of a data file as OpenMSIStream's programs put it on a topic, decoded. */
export interface FileChunk {
  /** Base name of the source file, without the append text. */
  readonly filename: string;
  /**
   * Folder relative to the upload root, `/` on every system; empty for a file in the root. Not checked for
   * safety.
   */
  readonly subdirectory: string;
  /** Text inserted between stem and last suffix of the filename when the file is rebuilt; normally empty. */
  readonly filenameAppend: string;
  /** SHA-512 of the whole file, 64 bytes. */
  readonly fileHash: Uint8Array;
  /** SHA-512 of `data`, 64 bytes. Not checked by the decoder. */
  readonly chunkHash: Uint8Array;
  /** Byte offset of `data` in the rebuilt file; a safe integer, 0 or more. */
  readonly startByte: number;
  /** 1-based number of this chunk; at most `count`. */
  readonly index: number;
  /** Number of chunks of the file; 1 or more. */
  readonly count: number;
  /** At least 1 byte; a view into the message. */
  readonly data: Uint8Array;
  /** Seconds since 1970; undefined when the uploader did not know it. */
  readonly modifiedAtSeconds?: number;
}
