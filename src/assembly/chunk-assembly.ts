import { createHash } from 'node:crypto';
import type { FileChunk } from '../wire/file-chunk.js';
import { FileTooLargeError } from '../errors.js';
import type { ByteRange, ByteStore, StoreOptions } from './byte-store.js';
import { DroppedStore } from './dropped-store.js';
import { FileBuffer } from './file-buffer.js';
import { PartStore } from './part-store.js';

/** Where a chunk lay on the topic. */
export interface ChunkPosition {
  readonly partition: number;
  readonly offset: bigint;
}

/** A chunk whose bytes are held. */
export interface HeldChunk extends ChunkPosition {
  readonly index: number;
  readonly startByte: number;
  readonly byteLength: number;
  readonly chunkHash: Buffer;
}

export type AssemblyResult =
  | { readonly kind: 'added' }
  | { readonly kind: 'duplicate' }
  /** The copy held until now was damaged and this one is good: it took its place. */
  | { readonly kind: 'replaced'; readonly damaged: HeldChunk }
  /** A good copy was written over one on disk, which may have been damaged or the same. */
  | { readonly kind: 'rewritten' }
  /** The new copy is damaged, the held one is good. */
  | { readonly kind: 'damaged' }
  /** It cannot lie in one file with these, though all have the hash that they name. */
  | { readonly kind: 'conflict'; readonly rivals: readonly HeldChunk[] };

/**
 * Chunks that fit together, at their places in one buffer or part file.
 *
 * No two of them overlap and their order by byte is their order by index, so that nothing that was written is ever
 * overwritten by a chunk that lies about its place.
 */
export class ChunkAssembly {
  readonly #count: number;
  readonly #maxBytes: number;
  readonly #stores: StoreOptions;
  /** Ascending by index, and thus by startByte. */
  readonly #chunks: HeldChunk[] = [];
  #store: ByteStore | undefined;
  #heldBytes = 0;

  /** @param maxBytes largest file allowed */
  constructor(count: number, maxBytes: number, stores: StoreOptions) {
    this.#count = count;
    this.#maxBytes = maxBytes;
    this.#stores = stores;
  }

  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** Of them, bytes in memory. Those on their way to disk are not counted here. */
  get memoryBytes(): number {
    return this.#store instanceof FileBuffer ? this.#heldBytes : 0;
  }

  /** Of them, bytes in a part file or on their way to it. */
  get diskBytes(): number {
    return this.part === undefined ? 0 : this.#heldBytes;
  }

  get isDropped(): boolean {
    return this.#store instanceof DroppedStore;
  }

  /** Number of the part file that has the bytes; undefined: they are in memory, or dropped. */
  get part(): number | undefined {
    return this.#store?.part;
  }

  get heldCount(): number {
    return this.#chunks.length;
  }

  /** Length of the longest chunk held. */
  get longestChunkBytes(): number {
    return this.#chunks.reduce((longest, { byteLength }) => Math.max(longest, byteLength), 0);
  }

  get isComplete(): boolean {
    return this.#chunks.length === this.#count;
  }

  /** Length of the whole file in bytes; only of a complete assembly. */
  get size(): number {
    const last = this.#chunks.at(-1);
    return last === undefined ? 0 : endOf(last);
  }

  /** The content; only of a complete assembly in memory. A view, valid until the next `add`. */
  get content(): { readonly memory: ArrayBuffer; readonly bytes: Buffer } {
    const buffer = this.#store as FileBuffer;
    return { memory: buffer.memory, bytes: buffer.view({ startByte: 0, byteLength: this.size }) };
  }

  /** In the order of their bytes. */
  get chunks(): readonly HeldChunk[] {
    return this.#chunks;
  }

  /**
   * Copies the chunk to its place if it fits.
   * @throws {FileTooLargeError} it ends beyond the largest file allowed
   */
  add(chunk: FileChunk, position: ChunkPosition): AssemblyResult {
    const at = this.#placeOf(chunk.index);
    const held = this.#chunks[at];
    if (held?.index === chunk.index) return this.#addCopy(at, held, chunk, position);
    const rivals = this.#rivals(chunk, this.#chunks[at - 1], held);
    if (rivals !== undefined) return { kind: 'conflict', rivals };
    this.#write(chunk);
    this.#chunks.splice(at, 0, heldChunk(chunk, position));
    this.#heldBytes += chunk.data.length;
    return { kind: 'added' };
  }

  holdsOnly(isMeant: (chunk: HeldChunk) => boolean): boolean {
    return this.#chunks.every(isMeant);
  }

  /** A copy of its own bytes that holds the chunks for which `keep` is true. */
  fork(keep: (chunk: HeldChunk) => boolean): ChunkAssembly {
    const copy = new ChunkAssembly(this.#count, this.#maxBytes, this.#stores);
    for (const chunk of this.#chunks) {
      if (!keep(chunk)) continue;
      copy.#chunks.push(chunk);
      copy.#heldBytes += chunk.byteLength;
    }
    if (copy.#chunks.length > 0) copy.#store = this.#store!.fork(adjacentRanges(copy.#chunks));
    return copy;
  }

  /** Moves the bytes from memory to a part file. */
  spill(): void {
    const store = this.#store;
    if (!(store instanceof FileBuffer)) return;
    const part = new PartStore(this.#stores);
    const runs = adjacentRanges(this.#chunks);
    let leftCount = runs.length;
    const onWritten = (): void => {
      leftCount -= 1;
      if (leftCount === 0) store.free();
    };
    for (const run of runs) part.take(run.startByte, store.view(run), onWritten);
    this.#store = part;
  }

  /** Gives the bytes up, and those of chunks that come from now on: only their places are kept. */
  drop(): void {
    this.#store?.release();
    this.#store = new DroppedStore();
  }

  /** The bytes are not needed any more. */
  release(): void {
    this.#store?.release();
    this.#store = undefined;
  }

  /**
   * Gives up the chunks whose bytes do not have the hash they name, so that good copies can take their places.
   * @param found indexes of those chunks; undefined: they are looked for, in memory
   */
  dropDamaged(found?: ReadonlySet<number>): HeldChunk[] {
    const isDamaged = (chunk: HeldChunk): boolean =>
      found === undefined ? !hasHash(this.#store!.view(chunk)!, chunk.chunkHash) : found.has(chunk.index);
    const damaged = this.#chunks.filter(isDamaged);
    for (const chunk of damaged) {
      this.#chunks.splice(this.#chunks.indexOf(chunk), 1);
      this.#heldBytes -= chunk.byteLength;
    }
    return damaged;
  }

  #addCopy(at: number, held: HeldChunk, chunk: FileChunk, position: ChunkPosition): AssemblyResult {
    const sameRange = held.startByte === chunk.startByte && held.byteLength === chunk.data.length;
    const heldBytes = this.#store!.view(held);
    if (heldBytes === undefined) return this.#addCopyOnDisk(held, chunk, sameRange);
    if (sameRange && heldBytes.equals(chunk.data)) return { kind: 'duplicate' };
    // Two copies of one chunk differ: their hashes tell which one is damaged.
    if (!hasHash(chunk.data, chunk.chunkHash)) return { kind: 'damaged' };
    if (hasHash(heldBytes, held.chunkHash)) return { kind: 'conflict', rivals: [held] };
    const rivals = this.#rivals(chunk, this.#chunks[at - 1], this.#chunks[at + 1]);
    if (rivals !== undefined) return { kind: 'conflict', rivals: [held, ...rivals] };
    this.#write(chunk);
    this.#chunks[at] = heldChunk(chunk, position);
    this.#heldBytes += chunk.data.length - held.byteLength;
    return { kind: 'replaced', damaged: held };
  }

  /**
   * The bytes held are not at hand. Where both copies should be the same, a good one is written once more: what it is written over
   * is the same or damaged. Else both are kept, and the hash of the whole file decides.
   */
  #addCopyOnDisk(held: HeldChunk, chunk: FileChunk, sameRange: boolean): AssemblyResult {
    if (!hasHash(chunk.data, chunk.chunkHash)) return { kind: 'damaged' };
    if (!sameRange || !held.chunkHash.equals(chunk.chunkHash)) return { kind: 'conflict', rivals: [held] };
    this.#store!.write(chunk.startByte, chunk.data);
    return { kind: 'rewritten' };
  }

  /** The neighbours that leave no room for the chunk; undefined when it fits. Empty when its own place is impossible. */
  #rivals(
    chunk: FileChunk,
    before: HeldChunk | undefined,
    after: HeldChunk | undefined,
  ): HeldChunk[] | undefined {
    const end = chunk.startByte + chunk.data.length;
    const from = before === undefined ? { index: 0, byte: 0 } : { index: before.index, byte: endOf(before) };
    const fitsBefore = mayFollow(from, { index: chunk.index, byte: chunk.startByte });
    const fitsAfter =
      after === undefined ||
      mayFollow({ index: chunk.index, byte: end }, { index: after.index, byte: after.startByte });
    if (fitsBefore && fitsAfter) return undefined;
    const rivals = [fitsBefore ? undefined : before, fitsAfter ? undefined : after];
    return rivals.filter(rival => rival !== undefined);
  }

  #placeOf(index: number): number {
    const last = this.#chunks.at(-1);
    if (last === undefined || last.index < index) return this.#chunks.length;
    let low = 0;
    let high = this.#chunks.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#chunks[middle]!.index < index) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #write(chunk: FileChunk): void {
    this.#checkClaim(chunk);
    const { mostMemoryBytes } = this.#stores;
    if (this.#store === undefined) {
      const expectedBytes = expectedFileBytes(chunk);
      this.#store =
        expectedBytes > mostMemoryBytes
          ? new PartStore(this.#stores)
          : new FileBuffer(expectedBytes, mostMemoryBytes);
    } else if (chunk.startByte + chunk.data.length > mostMemoryBytes) {
      this.spill();
    }
    this.#store.write(chunk.startByte, chunk.data);
  }

  /** What the chunk says of its file, before any memory is taken by it. */
  #checkClaim(chunk: FileChunk): void {
    const claimedBytes = leastFileBytes(chunk);
    if (claimedBytes <= this.#maxBytes) return;
    throw new FileTooLargeError(
      `chunk ${chunk.index} of ${chunk.count} claims a file of ${claimedBytes} bytes or more; ` +
        `files of at most ${this.#maxBytes} bytes are taken (--max-file-size)`,
    );
  }
}

/** Chunks without a gap between them as one range. */
function adjacentRanges(chunks: readonly HeldChunk[]): ByteRange[] {
  const ranges: { startByte: number; byteLength: number }[] = [];
  for (const { startByte, byteLength } of chunks) {
    const last = ranges.at(-1);
    if (last !== undefined && last.startByte + last.byteLength === startByte) last.byteLength += byteLength;
    else ranges.push({ startByte, byteLength });
  }
  return ranges;
}

/** Kafka takes no larger message; what lies further away than its chunks can reach is a lie. */
const maxChunkBytes = 2 ** 30;

/**
 * Whether chunk `to.index` may begin at `to.byte` when chunk `from.index` ends at `from.byte`: each chunk between has at
 * least one byte.
 */
function mayFollow(
  from: { readonly index: number; readonly byte: number },
  to: { readonly index: number; readonly byte: number },
): boolean {
  const between = to.index - from.index - 1;
  const gap = to.byte - from.byte;
  return gap >= between && gap <= between * maxChunkBytes;
}

function endOf(chunk: HeldChunk): number {
  return chunk.startByte + chunk.byteLength;
}

function heldChunk(chunk: FileChunk, position: ChunkPosition): HeldChunk {
  return {
    index: chunk.index,
    startByte: chunk.startByte,
    byteLength: chunk.data.length,
    chunkHash: Buffer.from(chunk.chunkHash),
    partition: position.partition,
    offset: position.offset,
  };
}

/** All chunks of a file but the last have one size. */
function leastFileBytes(chunk: FileChunk): number {
  const followingCount = chunk.count - chunk.index;
  const end = chunk.startByte + chunk.data.length + followingCount;
  return followingCount === 0 ? end : Math.max(end, (chunk.count - 1) * chunk.data.length + 1);
}

/** An upper bound where all chunks but the last have one size, exact when the last chunk comes first. */
function expectedFileBytes(chunk: FileChunk): number {
  const end = chunk.startByte + chunk.data.length;
  return chunk.index === chunk.count ? end : Math.max(chunk.data.length * chunk.count, end);
}

function hasHash(bytes: Uint8Array, expected: Uint8Array): boolean {
  return createHash('sha512').update(bytes).digest().equals(expected);
}
