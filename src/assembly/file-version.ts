import { createHash } from 'node:crypto';
import { ChunkConflictError, ChunkHashMismatchError, type InputError } from '../errors.js';
import type { FileChunk } from '../wire/file-chunk.js';
import { FileBuffer } from './file-buffer.js';

/** Where a chunk lay on the topic. */
export interface ChunkPosition {
  readonly partition: number;
  readonly offset: bigint;
}

/** A record that cannot be used, with the reason. */
export interface BadChunk extends ChunkPosition {
  readonly error: InputError;
}

export type AddedChunk =
  | { readonly kind: 'incomplete'; readonly missingCount: number }
  | { readonly kind: 'duplicate' }
  | { readonly kind: 'complete' }
  /** The copy held until now was damaged and this one is good: it took its place. */
  | { readonly kind: 'replaced'; readonly bad: BadChunk };

interface HeldChunk extends ChunkPosition {
  readonly startByte: number;
  readonly byteLength: number;
  readonly chunkHash: Buffer;
}

/** What all chunks of one version have in common. */
export interface VersionIdentity {
  readonly id: string;
  readonly path: string;
  readonly filename: string;
  readonly subdirectory: string;
  readonly fileHash: Buffer;
  readonly count: number;
  readonly modifiedAtSeconds?: number;
}

interface OffsetRange {
  firstOffset: bigint;
  lastOffset: bigint;
}

/**
 * One content of one path while its chunks arrive, in any order and more than once.
 *
 * Chunk hashes are not computed on arrival: the file's own hash covers every byte, and hashing twice would double the
 * largest cost. They decide only which copy to believe when two copies differ or the whole file does not verify.
 */
export class FileVersion {
  readonly identity: VersionIdentity;
  readonly #maxBytes: number;
  readonly #chunks = new Map<number, HeldChunk>();
  readonly #ranges = new Map<number, OffsetRange>();
  #buffer: FileBuffer | undefined;
  #heldBytes = 0;

  constructor(identity: VersionIdentity, maxBytes: number) {
    this.identity = identity;
    this.#maxBytes = maxBytes;
  }

  /** Sum of the lengths of the chunks held. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  get heldCount(): number {
    return this.#chunks.size;
  }

  get isComplete(): boolean {
    return this.#chunks.size === this.identity.count;
  }

  /** Length of the whole file in bytes; only once it is complete. */
  get size(): number {
    const last = this.#chunks.get(this.identity.count);
    return last === undefined ? 0 : last.startByte + last.byteLength;
  }

  /** First and last offset read per partition, duplicates included. */
  get ranges(): ReadonlyMap<number, Readonly<OffsetRange>> {
    return this.#ranges;
  }

  /**
   * Adds one chunk. Its bytes are copied before this returns: they belong to a whole fetch response.
   *
   * @throws {ChunkConflictError} its byte range does not fit the neighbours held already; it was not taken
   * @throws {ChunkHashMismatchError} another copy of it is held, and this one is damaged
   * @throws {FileTooLargeError} it ends beyond the largest file allowed
   */
  add(chunk: FileChunk, position: ChunkPosition): AddedChunk {
    const held = this.#chunks.get(chunk.index);
    if (held !== undefined) return this.#addCopy(held, chunk, position);
    this.#checkNeighbours(chunk);
    this.#buffer ??= new FileBuffer(expectedFileBytes(chunk), this.#maxBytes);
    this.#hold(chunk, position);
    if (this.isComplete) return { kind: 'complete' };
    return { kind: 'incomplete', missingCount: this.identity.count - this.#chunks.size };
  }

  /** The content; only of a complete version. */
  content(): { memory: ArrayBuffer; bytes: Buffer } {
    if (this.#buffer === undefined) throw new Error(`no chunk of ${this.identity.path} is held`);
    return { memory: this.#buffer.memory, bytes: this.#buffer.view(0, this.size) };
  }

  /**
   * Finds the chunks whose bytes do not have their own hash and gives them up, so that a good copy can take their place.
   * Called when the whole file did not verify; an empty list then means that the file's hash itself is wrong.
   */
  dropDamagedChunks(): BadChunk[] {
    const bad: BadChunk[] = [];
    for (const [index, held] of this.#chunks) {
      if (sha512(this.#bytesOf(held)).equals(held.chunkHash)) continue;
      this.#chunks.delete(index);
      this.#heldBytes -= held.byteLength;
      bad.push({ partition: held.partition, offset: held.offset, error: this.#damaged(index) });
    }
    return bad;
  }

  #addCopy(held: HeldChunk, chunk: FileChunk, position: ChunkPosition): AddedChunk {
    this.#widenRange(position);
    const sameRange = held.startByte === chunk.startByte && held.byteLength === chunk.data.length;
    if (sameRange && this.#bytesOf(held).equals(chunk.data)) return { kind: 'duplicate' };
    // Two copies of one chunk differ. Believe the one whose bytes have their hash; if both have, the first.
    if (!sha512(chunk.data).equals(chunk.chunkHash)) throw this.#damaged(chunk.index);
    if (sha512(this.#bytesOf(held)).equals(held.chunkHash)) {
      const end = held.startByte + held.byteLength;
      throw this.#conflict(
        chunk,
        `the same as in an earlier copy, which has bytes ${held.startByte} to ${end}, also with a correct hash`,
      );
    }
    this.#checkNeighbours(chunk);
    this.#heldBytes -= held.byteLength;
    this.#hold(chunk, position);
    return {
      kind: 'replaced',
      bad: { partition: held.partition, offset: held.offset, error: this.#damaged(chunk.index) },
    };
  }

  #checkNeighbours(chunk: FileChunk): void {
    const end = chunk.startByte + chunk.data.length;
    if (chunk.index === 1 && chunk.startByte !== 0) throw this.#conflict(chunk, 'the first chunk at byte 0');
    // Each chunk before it has at least one byte.
    if (chunk.startByte < chunk.index - 1) throw this.#conflict(chunk, `at least byte ${chunk.index - 1}`);
    const before = this.#chunks.get(chunk.index - 1);
    if (before !== undefined && before.startByte + before.byteLength !== chunk.startByte) {
      throw this.#conflict(
        chunk,
        `byte ${before.startByte + before.byteLength}, where chunk ${chunk.index - 1} ends`,
      );
    }
    const after = this.#chunks.get(chunk.index + 1);
    if (after !== undefined && after.startByte !== end) {
      throw this.#conflict(chunk, `an end at byte ${after.startByte}, where chunk ${chunk.index + 1} begins`);
    }
  }

  #hold(chunk: FileChunk, position: ChunkPosition): void {
    this.#buffer!.write(chunk.startByte, chunk.data);
    this.#chunks.set(chunk.index, {
      startByte: chunk.startByte,
      byteLength: chunk.data.length,
      chunkHash: Buffer.from(chunk.chunkHash),
      partition: position.partition,
      offset: position.offset,
    });
    this.#heldBytes += chunk.data.length;
    this.#widenRange(position);
  }

  #widenRange({ partition, offset }: ChunkPosition): void {
    const range = this.#ranges.get(partition);
    if (range === undefined) this.#ranges.set(partition, { firstOffset: offset, lastOffset: offset });
    else range.lastOffset = offset;
  }

  #bytesOf(held: HeldChunk): Buffer {
    return this.#buffer!.view(held.startByte, held.byteLength);
  }

  #damaged(index: number): ChunkHashMismatchError {
    return new ChunkHashMismatchError(
      `chunk ${index} of ${this.identity.count} of ${this.identity.path} does not have the SHA-512 it names; a good copy of it is needed`,
    );
  }

  #conflict(chunk: FileChunk, expected: string): ChunkConflictError {
    const end = chunk.startByte + chunk.data.length;
    return new ChunkConflictError(
      `chunk ${chunk.index} of ${chunk.count} of ${this.identity.path} claims bytes ${chunk.startByte} to ${end}; expected ${expected}`,
    );
  }
}

/** An upper bound where all chunks but the last have one size, exact when the last chunk comes first. */
function expectedFileBytes(chunk: FileChunk): number {
  if (chunk.index === chunk.count) return chunk.startByte + chunk.data.length;
  return Math.max(chunk.data.length * chunk.count, chunk.startByte + chunk.data.length);
}

function sha512(bytes: Uint8Array): Buffer {
  return createHash('sha512').update(bytes).digest();
}
