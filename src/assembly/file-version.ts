import { ChunkConflictError, ChunkHashMismatchError, FileTooLargeError, type InputError } from '../errors.js';
import type { FileChunk } from '../wire/file-chunk.js';
import type { StoreOptions } from './byte-store.js';
import { ChunkBuffers } from './chunk-buffers.js';
import { PartStore } from './part-store.js';
import { ChunkAssembly, type AssemblyResult, type ChunkPosition, type HeldChunk } from './chunk-assembly.js';

/** A record that cannot be used, with the reason. */
export interface BadChunk extends ChunkPosition {
  readonly error: InputError;
}

/** What a chunk changed. */
export type AddedChunk =
  | { readonly kind: 'incomplete'; readonly missingCount: number }
  | { readonly kind: 'duplicate' }
  /** All chunks are there; `content` can be verified. Also when a further candidate became complete. */
  | { readonly kind: 'complete' }
  /** The copy held until now was damaged and this one is good: it took its place. */
  | { readonly kind: 'replaced'; readonly bad: BadChunk }
  /** A further copy of a chunk on disk: it was written once more, as what is there may be damaged. Then only this one is good. */
  | { readonly kind: 'rewritten' };

/** What is left after the content did not have the file's hash. */
export interface Refuted {
  readonly bad: readonly BadChunk[];
  /** `complete`: another candidate can be verified. `corrupt`: all chunks are good, so the file's hash itself is wrong. */
  readonly next: 'incomplete' | 'complete' | 'corrupt';
}

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

/** Which answer counts when the candidates give different ones. */
const preferred = ['added', 'replaced', 'rewritten', 'duplicate', 'damaged'] as const;

/** More possibilities than this in one file are not followed: each costs the memory of the file once more. */
const maxAssemblies = 4;

/**
 * One content of one path while its chunks arrive, in any order and more than once.
 *
 * Chunk hashes are not computed on arrival: the file's own hash covers every byte, and hashing twice would double the
 * largest cost. They decide only which copy to believe when two copies differ or the whole file does not verify.
 *
 * A chunk hash says nothing of the chunk's place. So when chunks contradict each other although each has its hash, both
 * possibilities are kept, and the hash of the whole file decides: a wrong chunk cannot spoil a file whose right chunks
 * are all on the topic.
 *
 * Not every combination can be kept. Once chunks contradict each other, one possibility is made of regular chunks only: uploaders cut
 * files into chunks of one size, which tells a chunk's place from its index. However many chunks come that are not where that
 * puts them, they cannot displace those that are.
 */
export class FileVersion {
  readonly identity: VersionIdentity;
  readonly #ranges = new Map<number, OffsetRange>();
  #assemblies: ChunkAssembly[];
  readonly #maxBytes: number;
  readonly #stores: StoreOptions;
  /** A copy on disk of what is in memory. */
  #kept: PartStore | undefined;
  /** Those that take regular chunks only. */
  readonly #regular = new Set<ChunkAssembly>();

  /**
   * @param maxBytes largest file allowed
   * @param stores default: everything in memory
   */
  constructor(identity: VersionIdentity, maxBytes: number, stores: StoreOptions = inMemory(maxBytes)) {
    this.identity = identity;
    this.#maxBytes = maxBytes;
    this.#stores = stores;
    this.#assemblies = [new ChunkAssembly(identity.count, maxBytes, stores)];
  }

  /** Bytes of the chunks held. */
  get heldBytes(): number {
    let bytes = 0;
    for (const assembly of this.#assemblies) bytes += assembly.heldBytes;
    return bytes;
  }

  /** Of them, bytes in memory. Those on their way to disk are not counted here. */
  get memoryBytes(): number {
    let bytes = 0;
    for (const assembly of this.#assemblies) bytes += assembly.memoryBytes;
    return bytes;
  }

  /** Of them, bytes in part files or on their way to them. */
  get diskBytes(): number {
    let bytes = 0;
    for (const assembly of this.#assemblies) bytes += assembly.diskBytes;
    return bytes;
  }

  /** The bytes were given up, of all chunks or of those of one possibility: to be put together again from the topic. */
  get isDropped(): boolean {
    return this.#assemblies.some(assembly => assembly.isDropped);
  }

  get heldCount(): number {
    return Math.max(...this.#assemblies.map(assembly => assembly.heldCount));
  }

  /** The chunks of all possibilities, each once. */
  get heldChunks(): readonly HeldChunk[] {
    const byPlace = new Map<string, HeldChunk>();
    for (const assembly of this.#assemblies)
      for (const chunk of assembly.chunks) byPlace.set(`${chunk.partition}/${chunk.offset}`, chunk);
    return [...byPlace.values()];
  }

  /** Length of the whole file in bytes; only once it is complete. */
  get size(): number {
    return this.#candidate.size;
  }

  /** What the chunks held say of the length of the whole file: it is not longer, as all chunks but the last have one size. */
  get mostBytes(): number {
    return this.identity.count * Math.max(...this.#assemblies.map(assembly => assembly.longestChunkBytes));
  }

  /** First and last offset read per partition, duplicates included. */
  get ranges(): ReadonlyMap<number, Readonly<OffsetRange>> {
    return this.#ranges;
  }

  /** Number of the part file with the content of a complete version; undefined: it is in memory. */
  get part(): number | undefined {
    return this.#candidate.part;
  }

  /** The chunks that make up the content of a complete version, in the order of their bytes. */
  get chunks(): readonly HeldChunk[] {
    return this.#candidate.chunks;
  }

  /** What is to be verified, then processed; only of a complete version in memory. */
  get content(): { readonly memory: ArrayBuffer; readonly bytes: Buffer } {
    return this.#candidate.content;
  }

  /**
   * Adds one chunk. Its bytes are copied before this returns: they belong to a whole fetch response.
   *
   * @throws {ChunkConflictError} its place contradicts other chunks. It is kept as a further possibility, unless its place is
   *   impossible (chunk 1 not at byte 0) or too many are kept already; `isHeld` of the error tells
   * @throws {ChunkHashMismatchError} another copy of it is held, and this one is damaged
   * @throws {FileTooLargeError} it ends beyond the largest file allowed
   */
  add(chunk: FileChunk, position: ChunkPosition): AddedChunk {
    const isRegular = isRegularPlace(placeOf(chunk), chunk.count);
    const results = this.#assemblies.map((assembly): AssemblyResult =>
      this.#regular.has(assembly) && !isRegular
        ? { kind: 'conflict', rivals: [] }
        : assembly.add(chunk, position),
    );
    const best =
      preferred.flatMap(kind => results.find(result => result.kind === kind) ?? [])[0] ??
      this.#settleConflict(chunk, position, results);
    if (best.kind === 'damaged') throw this.#damaged(chunk.index);
    this.#widenRange(position);
    if (best.kind === 'duplicate') return { kind: 'duplicate' };
    if (best.kind === 'rewritten') return { kind: 'rewritten' };
    if (best.kind === 'replaced') return { kind: 'replaced', bad: this.#badChunk(best.damaged) };
    if (this.isComplete) return { kind: 'complete' };
    return { kind: 'incomplete', missingCount: this.identity.count - this.heldCount };
  }

  /** A chunk of it lies there; nothing of it is held. */
  note(position: ChunkPosition): void {
    this.#widenRange(position);
  }

  /** Moves what is held in memory to part files. */
  spill(): void {
    for (const assembly of this.#assemblies) assembly.spill();
  }

  /** Gives the bytes up, and those of chunks that come from now on: only their places are kept. */
  drop(): void {
    for (const assembly of this.#assemblies) assembly.drop();
  }

  /** The same version without any chunk; what was read of it counts for both. */
  anew(): FileVersion {
    const copy = new FileVersion(this.identity, this.#maxBytes, this.#stores);
    for (const [partition, range] of this.#ranges) copy.#ranges.set(partition, { ...range });
    return copy;
  }

  /** Writes the content of a complete version, which is in memory, to a part file as well. @returns its number */
  keep(): number {
    this.#kept = new PartStore(this.#stores);
    this.#kept.take(0, this.content.bytes);
    return this.#kept.part;
  }

  /** The bytes are not needed any more. */
  release(): void {
    this.#kept?.release();
    this.#kept = undefined;
    for (const assembly of this.#assemblies) assembly.release();
  }

  /**
   * The content does not have the file's hash: gives up what is wrong with it.
   * @param damagedIndexes chunks that do not have the hash they name; needed for content on disk only
   */
  refute(damagedIndexes?: readonly number[]): Refuted {
    const candidate = this.#candidate;
    const found = candidate.part === undefined ? undefined : new Set(damagedIndexes);
    const damaged = candidate.dropDamaged(found);
    if (damaged.length === 0) this.#giveUp(candidate);
    if (this.#assemblies.length === 0) return { bad: [], next: 'corrupt' };
    return {
      bad: damaged.map(chunk => this.#badChunk(chunk)),
      next: this.isComplete ? 'complete' : 'incomplete',
    };
  }

  /** All chunks are there, in one possibility or more. */
  get isComplete(): boolean {
    return this.#assemblies.some(assembly => assembly.isComplete);
  }

  get #candidate(): ChunkAssembly {
    return this.#assemblies.find(assembly => assembly.isComplete) ?? this.#assemblies[0]!;
  }

  /** Opens a further possibility: what fits beside the chunk, and the chunk. */
  #settleConflict(chunk: FileChunk, position: ChunkPosition, results: readonly AssemblyResult[]): never {
    const rivals = [...new Set(results.flatMap(result => (result.kind === 'conflict' ? result.rivals : [])))];
    const isHeld = rivals.length > 0 && this.#follow(chunk, position);
    if (isHeld) this.#widenRange(position);
    throw this.#conflict(chunk, rivals, isHeld);
  }

  /** @returns whether the chunk is held by a new possibility */
  #follow(chunk: FileChunk, position: ChunkPosition): boolean {
    const { count } = this.identity;
    const isHeldRegular = (held: HeldChunk): boolean => isRegularPlace(held, count);
    const hasRegular = this.#assemblies.some(assembly => this.#regular.has(assembly));
    if (!isRegularPlace(placeOf(chunk), count)) {
      // What was held until now is on its way to be the regular one.
      if (!hasRegular) this.#regular.add(this.#keepRegular(isHeldRegular));
      return this.#assemblies.length < maxAssemblies && this.#fork(chunk, position, () => true);
    }
    if (this.#assemblies.length >= maxAssemblies) this.#makeRoom();
    if (this.#assemblies.length >= 2 * maxAssemblies) return false;
    return this.#fork(chunk, position, isHeldRegular, 'regular');
  }

  /** The possibility that takes regular chunks only from now on. */
  #keepRegular(isHeldRegular: (held: HeldChunk) => boolean): ChunkAssembly {
    const [first] = this.#assemblies;
    if (first!.holdsOnly(isHeldRegular)) return first!;
    const regular = first!.fork(isHeldRegular);
    this.#assemblies.push(regular);
    return regular;
  }

  /** Gives up a possibility that may rest on a chunk out of place; not a whole one, as that is being verified. */
  #makeRoom(): void {
    const last = this.#assemblies.findLast(assembly => !this.#regular.has(assembly) && !assembly.isComplete);
    if (last !== undefined) this.#giveUp(last);
  }

  #giveUp(given: ChunkAssembly): void {
    given.release();
    this.#assemblies = this.#assemblies.filter(assembly => assembly !== given);
  }

  #fork(
    chunk: FileChunk,
    position: ChunkPosition,
    keep: (held: HeldChunk) => boolean,
    kind?: 'regular',
  ): boolean {
    const regular = this.#assemblies.find(assembly => this.#regular.has(assembly));
    const base = (kind === 'regular' ? regular : undefined) ?? this.#assemblies[0]!;
    // Beside a chunk with a wrong place others may be wrong too: give up what contradicts it until it fits.
    const excluded = new Set<HeldChunk>();
    for (;;) {
      const fork = base.fork(held => keep(held) && !excluded.has(held));
      const result = addUnlessTooLarge(fork, chunk, position);
      if (result?.kind === 'added') {
        this.#assemblies.push(fork);
        if (kind === 'regular') this.#regular.add(fork);
        return true;
      }
      fork.release();
      if (result?.kind !== 'conflict' || result.rivals.length === 0) return false;
      for (const rival of result.rivals) excluded.add(rival);
    }
  }

  #widenRange({ partition, offset }: ChunkPosition): void {
    const range = this.#ranges.get(partition);
    if (range === undefined) this.#ranges.set(partition, { firstOffset: offset, lastOffset: offset });
    // Chunks of a file that was set aside are read after later ones.
    else if (offset < range.firstOffset) range.firstOffset = offset;
    else if (offset > range.lastOffset) range.lastOffset = offset;
  }

  #badChunk({ index, partition, offset }: HeldChunk): BadChunk {
    return { partition, offset, error: this.#damaged(index) };
  }

  #damaged(index: number): ChunkHashMismatchError {
    return new ChunkHashMismatchError(
      `chunk ${index} of ${this.identity.count} of ${this.identity.path} does not have the SHA-512 it names; ` +
        'a good copy of it is needed',
    );
  }

  #conflict(chunk: FileChunk, rivals: readonly HeldChunk[], isHeld: boolean): ChunkConflictError {
    const claim =
      `chunk ${chunk.index} of ${chunk.count} of ${this.identity.path} claims bytes ${chunk.startByte} to ` +
      String(chunk.startByte + chunk.data.length);
    const others = rivals
      .map(
        rival =>
          `chunk ${rival.index} (partition ${rival.partition}, offset ${rival.offset}), which claims bytes ` +
          `${rival.startByte} to ${rival.startByte + rival.byteLength}`,
      )
      .join(', and ');
    const what = others === '' ? `, where it cannot lie` : `, which contradicts ${others}`;
    const fate = isHeld ? '; the hash of the whole file will tell which is right' : '; it is not used';
    return new ChunkConflictError(claim + what + fate, { isHeld });
  }
}

function inMemory(maxBytes: number): StoreOptions {
  const onDisk = (): never => {
    throw new Error('there is no disk to put a file on');
  };
  return { mostMemoryBytes: maxBytes, onDisk, buffers: new ChunkBuffers(maxBytes) };
}

interface Place {
  readonly index: number;
  readonly startByte: number;
  readonly byteLength: number;
}

function placeOf({ index, startByte, data }: FileChunk): Place {
  return { index, startByte, byteLength: data.length };
}

/** Whether the chunk can lie there when all chunks of the file but the last have one size. */
function isRegularPlace({ index, startByte, byteLength }: Place, count: number): boolean {
  if (index < count) return startByte === (index - 1) * byteLength;
  if (count === 1) return startByte === 0;
  const sizeOfOthers = startByte / (count - 1);
  return Number.isInteger(sizeOfOthers) && sizeOfOthers >= byteLength;
}

function addUnlessTooLarge(
  assembly: ChunkAssembly,
  chunk: FileChunk,
  position: ChunkPosition,
): AssemblyResult | undefined {
  try {
    return assembly.add(chunk, position);
  } catch (error) {
    if (error instanceof FileTooLargeError) return undefined;
    throw error;
  }
}
