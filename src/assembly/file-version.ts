import { ChunkConflictError } from '../errors.js';
import type { FileChunk } from '../wire/file-chunk.js';
import type { AddedChunk, Refuted } from './added-chunk.js';
import { conflictError, damagedError, type BadChunk } from './bad-chunk.js';
import type { StoreOptions } from './byte-store.js';
import { ChunkAssembly } from './chunk-assembly.js';
import { ChunkBuffers } from './chunk-buffers.js';
import { canLie, checkClaim } from './chunk-place.js';
import { ContestedChunks } from './contested-chunks.js';
import { FileMemory } from './file-memory.js';
import { GivenUp } from './given-up.js';
import { endOf, hasHash, placeText, type ChunkPosition, type HeldChunk } from './held-chunk.js';
import { PartStore } from './part-store.js';
import type { TopicContent } from './topic-content.js';

/** The bytes of a file in memory, for a hash that is computed while they come. */
export type HashableBytes = Pick<
  ChunkAssembly,
  'expectedBytes' | 'prefixBytes' | 'hashedBytes' | 'nextToHash' | 'forgetHash'
>;

/** What all chunks of one version have in common. */
export interface VersionIdentity {
  /** 16 hex digits, see `versionId`. */
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
 *
 * Once chunks contradict each other although each has its hash, all of them are known as `ContestedChunks`, and the hash of the whole
 * file decides.
 */
export class FileVersion {
  readonly identity: VersionIdentity;
  readonly #ranges = new Map<number, OffsetRange>();
  readonly #assembly: ChunkAssembly;
  readonly #maxBytes: number;
  readonly #stores: StoreOptions;
  /** A copy on disk of what is in memory. */
  #kept: PartStore | undefined;
  #givenUp = new GivenUp();
  /** See `leaveOnTopic`. */
  #isOnTopic = false;
  /** Undefined: no chunk contradicts another one, and no whole was refuted. */
  #contested: ContestedChunks | undefined;

  /**
   * @param maxBytes largest file allowed
   * @param stores default: everything in memory
   */
  constructor(identity: VersionIdentity, maxBytes: number, stores: StoreOptions = inMemory(maxBytes)) {
    this.identity = identity;
    this.#maxBytes = maxBytes;
    this.#stores = stores;
    this.#assembly = this.#newAssembly();
  }

  /** Bytes of the chunks held. */
  get heldBytes(): number {
    return this.#held.heldBytes;
  }

  /** Of them, bytes in memory. Those on their way to disk are not counted here. */
  get memoryBytes(): number {
    return this.#held.memoryBytes;
  }

  /** Of them, bytes in part files or on their way to them. */
  get diskBytes(): number {
    return this.#held.diskBytes;
  }

  /** The bytes of all chunks were given up: to be put together again from the topic. */
  get isDropped(): boolean {
    return this.#held.isDropped;
  }

  /** Chunks of a complete version whose bytes are not held: to be read again from the topic before it is verified. */
  get missingBytes(): readonly HeldChunk[] {
    return this.#contested?.missingBytes ?? [];
  }

  /** Another number for each content that is tried. */
  get choice(): number {
    return this.#contested?.choice ?? 0;
  }

  /** Numbers of which there is a chunk. */
  get heldCount(): number {
    return this.#contested?.heldCount ?? this.#assembly.heldCount;
  }

  /** All chunks that may be part of the content, each once. */
  get heldChunks(): readonly HeldChunk[] {
    return this.#contested?.chunks ?? this.#assembly.chunks;
  }

  /** Length of the whole file in bytes; only once it is complete. */
  get size(): number {
    return this.#held.size;
  }

  /** The same, also of a complete version whose bytes are not held. */
  get contentSize(): number {
    const last = this.#content.at(-1);
    return last === undefined ? 0 : endOf(last);
  }

  /** What the chunks held say of the length of the whole file: it is not longer, as all chunks but the last have one size. */
  get mostBytes(): number {
    return this.identity.count * this.#held.longestChunkBytes;
  }

  /** First and last offset read per partition, duplicates included. */
  get ranges(): ReadonlyMap<number, Readonly<OffsetRange>> {
    return this.#ranges;
  }

  /** Number of the part file with the content of a complete version; undefined: it is in memory. */
  get part(): number | undefined {
    return this.#held.part;
  }

  /** The chunks that make up the content of a complete version, in the order of their bytes. */
  get chunks(): readonly HeldChunk[] {
    return this.#held.chunks;
  }

  /** What can be hashed while chunks come; undefined: it is not in memory, or it is not certain which chunks make up the file. */
  get hashable(): HashableBytes | undefined {
    return this.#contested === undefined && this.#assembly.isHashable ? this.#assembly : undefined;
  }

  /** What is to be verified; only of a complete version in memory. */
  get content(): Buffer {
    return this.#held.content;
  }

  /** Memory that begins with the content, to be transferred; only of a complete version in memory. Nothing may be added any more. */
  handOver(): ArrayBuffer {
    return this.#held.handOver();
  }

  /** All chunks of a content are known. */
  get isComplete(): boolean {
    return this.#contested?.isComplete ?? this.#assembly.isComplete;
  }

  /** No content that its chunks allow has its hash. */
  get isRefuted(): boolean {
    return this.#contested?.isRefuted === true;
  }

  /**
   * Adds one chunk. Its bytes are copied before this returns: they belong to a whole fetch response.
   *
   * @throws {ChunkConflictError} its place contradicts other chunks. It may be part of the content all the same, unless its place is
   *   impossible (chunk 1 not at byte 0) or too many are known already; `isHeld` of the error tells
   * @throws {ChunkHashMismatchError} another chunk contradicts it, and this one is damaged
   * @throws {FileTooLargeError} it ends beyond the largest file allowed
   */
  add(chunk: FileChunk, position: ChunkPosition): AddedChunk {
    if (!canLie(chunk)) throw conflictError(this.#whose, chunk, [], false);
    checkClaim(chunk, this.#maxBytes);
    try {
      const added = this.#contested?.add(chunk, position) ?? this.#addUncontested(chunk, position);
      this.note(position);
      return added;
    } catch (error) {
      if (error instanceof ChunkConflictError && error.isHeld) this.note(position);
      throw error;
    }
  }

  /** A chunk of it lies there; it is held, or nothing of it. */
  note({ partition, offset }: ChunkPosition): void {
    const range = this.#ranges.get(partition);
    if (range === undefined) this.#ranges.set(partition, { firstOffset: offset, lastOffset: offset });
    // Chunks of a file that was set aside are read after later ones.
    else if (offset < range.firstOffset) range.firstOffset = offset;
    else if (offset > range.lastOffset) range.lastOffset = offset;
  }

  /** The message of the chunk that lies there is given up, though the chunk may be part of the content. */
  noteGivenUp(position: ChunkPosition): void {
    this.#givenUp.add(position);
  }

  /** These chunks, whose bytes were to be read again, are not on the topic any more. */
  forget(places: readonly ChunkPosition[]): void {
    this.#contested?.forget(places);
  }

  /** Moves what is held in memory to part files. */
  spill(): void {
    this.#held.spill();
  }

  /** Gives the bytes up, and those of chunks that come from now on: only their places are kept. */
  drop(): void {
    if (this.#contested === undefined) this.#assembly.drop();
    else this.#contested.drop();
  }

  /**
   * Gives the bytes up: those of a complete version are read from the topic each time that they are needed, until it is refuted. Copies of its
   * chunks count as duplicates from now on.
   */
  leaveOnTopic(): TopicContent {
    this.#isOnTopic = true;
    if (this.#contested === undefined) this.#assembly.drop();
    else this.#contested.leaveOnTopic();
    const { id: versionId, path, fileHash } = this.identity;
    return { versionId, path, fileHash, size: this.contentSize, chunks: [...this.#content] };
  }

  /** Gives up chunks of a complete version that was left on the topic: they are not there any more. */
  lose(places: readonly ChunkPosition[]): void {
    this.#isOnTopic = false;
    if (this.#contested !== undefined) return this.#contested.forget(places);
    const gone = new Set(places.map(placeText));
    const chunks = this.#assembly.chunks.filter(chunk => gone.has(placeText(chunk)));
    this.#assembly.dropDamaged(new Set(chunks.map(({ index }) => index)));
  }

  /** The same version without any chunk; what was read of it counts for both. */
  anew(): FileVersion {
    const copy = new FileVersion(this.identity, this.#maxBytes, this.#stores);
    for (const [partition, range] of this.#ranges) copy.#ranges.set(partition, { ...range });
    copy.#givenUp = this.#givenUp;
    return copy;
  }

  /** Writes the content of a complete version, which is in memory, to a part file as well. @returns its number */
  keep(): number {
    this.#kept = new PartStore(this.#stores, this.size);
    this.#kept.take(0, this.content);
    return this.#kept.part;
  }

  /** The bytes are not needed any more. */
  release(): void {
    this.#kept?.release();
    this.#kept = undefined;
    this.#held.release();
  }

  /**
   * The content does not have the file's hash: gives up what is wrong with it.
   * @param damagedIndexes chunks that do not have the hash they name; needed for content on disk or on the topic only
   */
  refute(damagedIndexes?: readonly number[]): Refuted {
    const damaged = this.#dropDamaged(damagedIndexes);
    if (this.#contested === undefined && damaged.length > 0)
      return { bad: damaged.flatMap(chunk => this.#damaged(chunk) ?? []), next: 'incomplete' };
    this.#contested ??= this.#contest();
    return this.#contested.refute(damaged);
  }

  /** The content has the file's hash. @returns chunks that are not part of it, as far as they were not given up before */
  settle(): readonly BadChunk[] {
    return this.#contested?.settle() ?? [];
  }

  get #whose(): { readonly path: string; readonly count: number } {
    return this.identity;
  }

  /** The chunks that make up the content of a complete version, whether their bytes are held or not. */
  get #content(): readonly HeldChunk[] {
    return this.#contested?.chosen ?? this.#assembly.chunks;
  }

  #dropDamaged(indexes: readonly number[] | undefined): HeldChunk[] {
    const isOnTopic = this.#contested?.isOnTopic ?? this.#isOnTopic;
    this.#isOnTopic = false;
    const found = isOnTopic || this.part !== undefined ? new Set(indexes) : undefined;
    if (!isOnTopic || this.#contested === undefined) return this.#held.dropDamaged(found);
    return this.#content.filter(({ index }) => found?.has(index));
  }

  /** The chunks whose bytes are held. */
  get #held(): ChunkAssembly {
    return this.#contested?.assembly ?? this.#assembly;
  }

  #addUncontested(chunk: FileChunk, position: ChunkPosition): AddedChunk {
    const result = this.#assembly.add(chunk, position);
    switch (result.kind) {
      case 'damaged':
        throw damagedError(this.#whose, chunk.index);
      case 'conflict':
        if (!hasHash(chunk.data, chunk.chunkHash)) throw damagedError(this.#whose, chunk.index);
        this.#contested = this.#contest();
        return this.#contested.add(chunk, position);
      case 'replaced':
        return { kind: 'replaced', bad: this.#damaged(result.damaged) };
      case 'added': {
        const missingCount = this.identity.count - this.#assembly.heldCount;
        return missingCount === 0 ? { kind: 'complete' } : { kind: 'incomplete', missingCount };
      }
      default:
        return result;
    }
  }

  #contest(): ContestedChunks {
    const newAssembly = (): ChunkAssembly => this.#newAssembly();
    const options = { ...this.#whose, givenUp: this.#givenUp, newAssembly };
    const contested = new ContestedChunks(options, this.#assembly);
    if (this.#isOnTopic) contested.leaveOnTopic();
    return contested;
  }

  #newAssembly(): ChunkAssembly {
    return new ChunkAssembly(this.identity.count, this.#maxBytes, this.#stores);
  }

  #damaged(chunk: HeldChunk): BadChunk | undefined {
    return this.#givenUp.giveUp(chunk, damagedError(this.#whose, chunk.index));
  }
}

function inMemory(maxBytes: number): StoreOptions {
  const onDisk = (): never => {
    throw new Error('there is no disk to put a file on');
  };
  return {
    mostMemoryBytes: maxBytes,
    onDisk,
    buffers: new ChunkBuffers(maxBytes),
    memory: new FileMemory(maxBytes),
  };
}
