/** One reading of a content from its beginning to its end. */
export interface ContentReading {
  /**
   * The next bytes; to be called again once they are there.
   *
   * @returns some, at least one; undefined: all were read, and together they are what was verified
   * @throws {StorageError} they cannot be read again as they were; `retriable`: another reading may
   */
  next(): Promise<Uint8Array | undefined>;
  /** Nothing more is wanted of it. */
  close(): void;
}

/** Where contents are read that are held nowhere, by work id of their files. */
export interface ContentSource {
  /** Begins a reading. Several of one content may go on at the same time; each holds a piece or two in memory. */
  open(workId: number): ContentReading;
}
