import { Readable } from 'node:stream';

/** Where the chunks of a file lay on the topic. */
export interface FileSource {
  readonly topic: string;
  readonly partitions: readonly {
    readonly partition: number;
    /** Offsets of the first and the last chunk read in this partition, decimal. */
    readonly firstOffset: string;
    readonly lastOffset: string;
  }[];
}

/** Everything about a rebuilt file but its bytes; structured-cloneable. */
export interface DataFileInfo {
  /** Relative path with `/`, after the filename append text was inserted. */
  readonly path: string;
  readonly filename: string;
  /** Folder part of `path`; empty for a file in the root. */
  readonly subdirectory: string;
  /** SHA-512 of the content, hex. */
  readonly sha512: string;
  /** Milliseconds since 1970 of the source file's last change, as the uploader saw it. */
  readonly modifiedAtMs?: number;
  readonly chunkCount: number;
  readonly source: FileSource;
}

/**
 * One whole file, rebuilt from its chunks. It was verified: its SHA-512 is the one the uploader sent.
 */
export class DataFile {
  /** Relative path with `/`, as uploaded. */
  readonly path: string;
  /** Last part of `path`. */
  readonly filename: string;
  /** Folder part of `path`; empty for a file in the root. */
  readonly subdirectory: string;
  /** Length in bytes. */
  readonly size: number;
  /** The whole content. Do not write into it: a further attempt gets the same memory. */
  readonly bytes: Buffer;
  /** SHA-512 of the content, hex. */
  readonly sha512: string;
  /** Last change of the source file; undefined when the uploader did not know it. */
  readonly modifiedAt?: Date;
  /** Number of chunks it was sent in. */
  readonly chunkCount: number;
  readonly source: FileSource;

  constructor(info: DataFileInfo, bytes: Buffer) {
    this.path = info.path;
    this.filename = info.filename;
    this.subdirectory = info.subdirectory;
    this.size = bytes.length;
    this.bytes = bytes;
    this.sha512 = info.sha512;
    if (info.modifiedAtMs !== undefined) this.modifiedAt = new Date(info.modifiedAtMs);
    this.chunkCount = info.chunkCount;
    this.source = info.source;
  }

  /**
   * The content as text.
   * @param encoding default `utf8`
   */
  text(encoding: BufferEncoding = 'utf8'): string {
    return this.bytes.toString(encoding);
  }

  /**
   * The content parsed as JSON (UTF-8).
   * @throws {SyntaxError} when it is not JSON
   */
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- names the shape the caller expects, as in the contract
  json<T = unknown>(): T {
    return JSON.parse(this.text()) as T;
  }

  /** The content as a byte stream, in pieces of 64 KiB. */
  stream(): Readable {
    const bytes = this.bytes;
    return Readable.from(
      (function* pieces() {
        for (let start = 0; start < bytes.length; start += 65_536)
          yield bytes.subarray(start, start + 65_536);
      })(),
      { objectMode: false },
    );
  }
}
