import { constants } from 'node:buffer';
import { closeSync, createReadStream, openSync, readSync } from 'node:fs';
import { Readable } from 'node:stream';
import { FileTooLargeError, NonRetriableError, StorageError } from '../errors.js';

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

/** Where the bytes of a file are. */
export interface FileContent {
  /** Length in bytes. */
  readonly size: number;
  /** The bytes, where they are in memory already. */
  readonly bytes?: Buffer;
  /** Absolute path of a file with the bytes. */
  readonly storedAt?: string;
  /** Reads the bytes from the beginning, where they are held nowhere. */
  readonly openStream?: () => Readable;
  /** Absolute path of the file in the output directory, where it stays. */
  readonly localPath?: string;
  /** Longest file that is loaded from disk as a whole; default: as long as a Buffer can be. */
  readonly memoryBudgetBytes?: number;
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
  /** SHA-512 of the content, hex. */
  readonly sha512: string;
  /** Last change of the source file; undefined when the uploader did not know it. */
  readonly modifiedAt?: Date;
  /** Number of chunks it was sent in. */
  readonly chunkCount: number;
  readonly source: FileSource;
  /**
   * Absolute path of the file below `--output-dir`, with `--mode disk` and `both`; undefined with `memory`. The file is whole and
   * verified, and stays there.
   */
  readonly localPath?: string;
  readonly #content: FileContent;
  /** In memory; see `#held`. */
  #bytes: Buffer | undefined;

  constructor(info: DataFileInfo, content: Buffer | FileContent) {
    this.path = info.path;
    this.filename = info.filename;
    this.subdirectory = info.subdirectory;
    this.#content = Buffer.isBuffer(content) ? { size: content.length, bytes: content } : content;
    this.#bytes = this.#content.bytes;
    this.size = this.#content.size;
    if (this.#content.localPath !== undefined) this.localPath = this.#content.localPath;
    this.sha512 = info.sha512;
    if (info.modifiedAtMs !== undefined) this.modifiedAt = new Date(info.modifiedAtMs);
    this.chunkCount = info.chunkCount;
    this.source = info.source;
  }

  /**
   * The whole content. Do not write into it: a further attempt gets the same memory. Content on disk is loaded when this is first
   * asked for. What is to be transferred to another thread must be a copy: `Uint8Array.from(file.bytes).buffer`.
   *
   * @throws {NonRetriableError} the method has transferred the memory of `bytes` to another thread, in this attempt or one before
   * @throws {FileTooLargeError} it is not in memory and larger than `--memory-budget`: use `stream()`. Not retried.
   */
  get bytes(): Buffer {
    const bytes = this.#held() ?? this.#load();
    this.#bytes = bytes;
    return bytes;
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

  /**
   * The content as a byte stream, for files of any size. What is on disk is read from there as the stream is read; what is larger than
   * `--memory-budget` and `--disk-budget`, from the topic.
   *
   * A stream from the topic fails with a `StorageError` where its bytes are not there any more, or are not those that were verified. What
   * the method has read until then was right; that all was read is certain when the stream has ended.
   */
  stream(): Readable {
    const bytes = this.#held();
    if (bytes === undefined && this.#content.openStream !== undefined) return this.#content.openStream();
    if (bytes === undefined)
      return createReadStream(this.#content.storedAt!, {
        end: this.size - 1,
        highWaterMark: streamPieceBytes,
      });
    return Readable.from(
      (function* pieces() {
        for (let start = 0; start < bytes.length; start += 65_536)
          yield bytes.subarray(start, start + 65_536);
      })(),
      { objectMode: false },
    );
  }

  /**
   * The bytes that are in memory. A method that transfers their memory to another thread leaves an empty buffer behind: what was
   * loaded is loaded again, anything else is gone, for a further attempt as well.
   */
  #held(): Buffer | undefined {
    const isGivenAway = this.#bytes !== undefined && this.#bytes.length !== this.size;
    if (!isGivenAway) return this.#bytes;
    if (this.#content.bytes === undefined) return undefined;
    throw new NonRetriableError(
      `the bytes of ${this.path} are gone: the method has transferred their memory to another thread (file.bytes.buffer in a transfer ` +
        'list). Transfer a copy, Uint8Array.from(file.bytes).buffer, or send file.bytes without transferring it',
    );
  }

  #load(): Buffer {
    const { storedAt, memoryBudgetBytes = Infinity } = this.#content;
    const mostBytes = Math.min(memoryBudgetBytes, constants.MAX_LENGTH);
    if (this.size > mostBytes) {
      throw new FileTooLargeError(
        `${this.path} has ${this.size} bytes, and at most ${mostBytes} are loaded as a whole (--memory-budget): ` +
          'read it with file.stream(), or raise --memory-budget',
      );
    }
    if (storedAt === undefined)
      throw new StorageError(`${this.path} is in no file: read it with file.stream()`);
    return readWhole(storedAt, this.size);
  }
}

const streamPieceBytes = 256 * 1024;
/** Systems read less than 2 GiB at a time. */
const mostReadBytes = 1024 * 1024 * 1024;

function readWhole(path: string, size: number): Buffer {
  const bytes = Buffer.allocUnsafeSlow(size);
  const file = openSync(path, 'r');
  try {
    for (let done = 0; done < size;) {
      const count = readSync(file, bytes, done, Math.min(size - done, mostReadBytes), done);
      if (count === 0)
        throw new StorageError(
          `${path} ends at byte ${done} instead of ${size}: another program has changed it`,
        );
      done += count;
    }
  } finally {
    closeSync(file);
  }
  return bytes;
}
