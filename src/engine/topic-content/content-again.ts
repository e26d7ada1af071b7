import { crc32 } from 'node:zlib';
import type { HeldChunk } from '../../assembly/held-chunk.js';
import type { TopicContent } from '../../assembly/topic-content.js';
import { StorageError } from '../../errors.js';
import type { ContentReading } from '../../processing/content/content-source.js';
import { lostText } from '../set-aside/lost-text.js';
import { ChunksAhead } from './chunks-ahead.js';
import type { ContentHash } from './content-hash.js';
import type { ReadWindow } from './content-reader.js';
import { contentWindows, type ContentWindow } from './content-windows.js';
import { dataOf, type ContentReadingParts } from './verify-content.js';

/** A content that was verified. */
export interface VerifiedContent {
  readonly topic: string;
  readonly content: TopicContent;
  /** CRC-32 of each chunk, as it was read when the hash of the whole was right. */
  readonly sums: Uint32Array;
}

/**
 * Reads a content once more, for the method. One window is read ahead.
 *
 * Each chunk is compared with what was verified before its bytes are given out. A sum of 32 bits may be the same by chance, so the SHA-512 of
 * all has the last word: without it the reading does not end, but fails.
 */
export class ContentAgain implements ContentReading {
  readonly #verified: VerifiedContent;
  readonly #parts: ContentReadingParts;
  readonly #signal: AbortSignal;
  readonly #windows: Iterator<ContentWindow>;
  readonly #kept = new ChunksAhead();
  readonly #hash: ContentHash;
  readonly #closing = new AbortController();
  #ahead: Promise<Read | undefined> | undefined;
  /** Chunks that were given out. */
  #chunkCount = 0;

  /** @param signal aborted with why the content is not to be read any more */
  constructor(verified: VerifiedContent, parts: ContentReadingParts, signal: AbortSignal) {
    this.#verified = verified;
    this.#parts = parts;
    this.#signal = AbortSignal.any([signal, this.#closing.signal]);
    this.#windows = contentWindows(verified.content.chunks, parts.windowBytes);
    this.#hash = parts.newHash(false);
  }

  async next(): Promise<Uint8Array | undefined> {
    const read = await (this.#ahead ?? this.#read());
    this.#signal.throwIfAborted();
    if (read === undefined) {
      await this.#checkWhole();
      return undefined;
    }
    const bytes = this.#bytesOf(read);
    await this.#hash.add(bytes);
    // Closed while it was hashed: nothing more is read.
    this.#signal.throwIfAborted();
    this.#ahead = this.#read();
    this.#ahead.catch(() => undefined);
    return bytes;
  }

  close(): void {
    this.#closing.abort(new StorageError('the stream was closed', { retriable: true }));
    this.#ahead = undefined;
    this.#hash.forget();
  }

  async #read(): Promise<Read | undefined> {
    const next = this.#windows.next();
    if (next.done === true) return undefined;
    const window = next.value;
    const read = await this.#parts.reader.read(this.#verified.content, window, this.#kept, this.#signal);
    return { window: window.chunks, read };
  }

  #bytesOf({ window, read }: Read): Uint8Array {
    const { topic, content, sums } = this.#verified;
    if (read.kind === 'gone')
      throw new StorageError(
        `${content.path} cannot be read to its end: ${lostText(read.missing, topic, true)}`,
      );
    for (const data of dataOf(window, read.bytes)) {
      if (crc32(data) !== sums[this.#chunkCount]) throw this.#differs(content.chunks[this.#chunkCount]!);
      this.#chunkCount += 1;
    }
    return read.bytes;
  }

  #differs({ index, partition, offset }: HeldChunk): StorageError {
    const { topic, content } = this.#verified;
    return new StorageError(
      `${content.path} cannot be read to its end: chunk ${index}, at ${topic}[${partition}]@${offset}, has other bytes than when the file was ` +
        'verified. Check the disks and the network of the brokers',
      { retriable: true },
    );
  }

  async #checkWhole(): Promise<void> {
    const { content } = this.#verified;
    const digest = await this.#hash.digest();
    if (digest?.equals(content.fileHash) === true) return;
    const found = digest === undefined ? 'could not be computed' : `is ${digest.toString('hex')}`;
    throw new StorageError(
      `${content.path}: the SHA-512 of what was read ${found}, expected ${content.fileHash.toString('hex')}. Do not use what was read`,
      { retriable: true },
    );
  }
}

interface Read {
  readonly window: readonly HeldChunk[];
  readonly read: ReadWindow;
}
