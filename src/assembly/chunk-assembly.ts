import type { FileChunk } from '../wire/file-chunk.js';
import type { ByteRange, ByteStore, StoreOptions } from './byte-store.js';
import { checkClaim, expectedFileBytes, mayFollow } from './chunk-place.js';
import { DroppedStore } from './dropped-store.js';
import { FileBuffer, type BytesToHash } from './file-buffer.js';
import { endOf, hasHash, heldChunk, type ChunkPosition, type HeldChunk } from './held-chunk.js';
import { PartStore } from './part-store.js';

export type AssemblyResult =
  | { readonly kind: 'added' }
  | { readonly kind: 'duplicate' }
  /** The copy held until now was damaged and this one is good: it took its place. */
  | { readonly kind: 'replaced'; readonly damaged: HeldChunk }
  /** A good copy was written over one on disk, which may have been damaged or the same, and is held in its stead. */
  | { readonly kind: 'rewritten'; readonly earlier: HeldChunk }
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
  /** So many chunks at the beginning have no gap between them, and so many bytes. */
  readonly #prefix = { chunkCount: 0, byteLength: 0 };

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

  /** What the first chunk held says of the length of the whole file. */
  get expectedBytes(): number {
    return this.#count * (this.#chunks[0]?.byteLength ?? 0);
  }

  /** Whether a hash can be computed while chunks come. */
  get isHashable(): boolean {
    return this.#store instanceof FileBuffer;
  }

  /** So many bytes at the beginning have no gap between them. */
  get prefixBytes(): number {
    const prefix = this.#prefix;
    for (;;) {
      const next = this.#chunks[prefix.chunkCount];
      if (next?.startByte !== prefix.byteLength) return prefix.byteLength;
      prefix.chunkCount += 1;
      prefix.byteLength += next.byteLength;
    }
  }

  /** So many bytes at the beginning were taken for a hash, and are still the same. */
  get hashedBytes(): number {
    return this.#store instanceof FileBuffer ? this.#store.hashedBytes : 0;
  }

  /**
   * The bytes that a hash of the file needs next, as far as there is no gap before them. They count as hashed then.
   * @param leastBytes undefined is returned below
   * @returns a view, valid until the next `add`
   */
  nextToHash(leastBytes: number, mostBytes: number): BytesToHash | undefined {
    const store = this.#store;
    if (!(store instanceof FileBuffer)) return undefined;
    const endByte = this.prefixBytes;
    if (endByte - store.hashedBytes < Math.max(1, leastBytes)) return undefined;
    return store.takeToHash(endByte, mostBytes);
  }

  /** There is no hash of the first bytes any more. */
  forgetHash(): void {
    if (this.#store instanceof FileBuffer) this.#store.forgetHash();
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
  get content(): Buffer {
    const buffer = this.#store as FileBuffer;
    return buffer.view({ startByte: 0, byteLength: this.size });
  }

  /** Memory that begins with the content, to be transferred; only of a complete assembly in memory. Nothing may be added any more. */
  handOver(): ArrayBuffer {
    return (this.#store as FileBuffer).handOver(this.size);
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

  /** Whether the bytes of this very chunk are held. */
  holds(chunk: HeldChunk): boolean {
    return this.at(chunk.index) === chunk;
  }

  /** The chunk with the number, if its bytes are held. */
  at(index: number): HeldChunk | undefined {
    const chunk = this.#chunks[this.#placeOf(index)];
    return chunk?.index === index ? chunk : undefined;
  }

  /** Gives all chunks up but these: others are to take their places. */
  retain(chunks: ReadonlySet<HeldChunk>): void {
    const retained = this.#chunks.filter(chunk => chunks.has(chunk));
    this.#chunks.splice(0, Infinity, ...retained);
    this.#heldBytes = retained.reduce((sum, { byteLength }) => sum + byteLength, 0);
    this.#measurePrefixAnew();
  }

  /** Moves the bytes from memory to a part file. */
  spill(): void {
    const store = this.#store;
    if (!(store instanceof FileBuffer)) return;
    const part = new PartStore(this.#stores, this.#count * this.longestChunkBytes);
    const runs = adjacentRanges(this.#chunks);
    let leftCount = runs.length;
    const onWritten = (): void => {
      leftCount -= 1;
      if (leftCount === 0) store.free();
    };
    if (leftCount === 0) store.free();
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
    this.#measurePrefixAnew();
    for (const chunk of damaged) {
      this.#chunks.splice(this.#chunks.indexOf(chunk), 1);
      this.#heldBytes -= chunk.byteLength;
    }
    return damaged;
  }

  #addCopy(at: number, held: HeldChunk, chunk: FileChunk, position: ChunkPosition): AssemblyResult {
    const heldBytes = this.#store!.view(held);
    if (heldBytes === undefined) return this.#addCopyOnDisk(at, held, chunk, position);
    const sameRange = held.startByte === chunk.startByte && held.byteLength === chunk.data.length;
    const sameHash = held.chunkHash.equals(chunk.chunkHash);
    if (sameRange && sameHash && heldBytes.equals(chunk.data)) return { kind: 'duplicate' };
    // Two copies of one chunk differ: their hashes tell which one is damaged.
    if (!hasHash(chunk.data, chunk.chunkHash)) return { kind: 'damaged' };
    if (hasHash(heldBytes, held.chunkHash)) return { kind: 'conflict', rivals: [held] };
    const rivals = this.#rivals(chunk, this.#chunks[at - 1], this.#chunks[at + 1]);
    if (rivals !== undefined) return { kind: 'conflict', rivals: [held, ...rivals] };
    this.#write(chunk);
    this.#chunks[at] = { ...heldChunk(chunk, position), isChecked: true };
    this.#heldBytes += chunk.data.length - held.byteLength;
    this.#measurePrefixAnew();
    return { kind: 'replaced', damaged: held };
  }

  #measurePrefixAnew(): void {
    this.#prefix.chunkCount = 0;
    this.#prefix.byteLength = 0;
  }

  /**
   * The bytes held are not at hand. Where both copies should be the same, a good one is written once more: what it is written over
   * is the same or damaged. Else both are kept, and the hash of the whole file decides.
   */
  #addCopyOnDisk(at: number, held: HeldChunk, chunk: FileChunk, position: ChunkPosition): AssemblyResult {
    const sameRange = held.startByte === chunk.startByte && held.byteLength === chunk.data.length;
    const isSame = sameRange && held.chunkHash.equals(chunk.chunkHash);
    // A whole file that is read from the topic: one copy is as good as the other until one turns out to be damaged.
    if (isSame && this.isDropped && this.isComplete) return { kind: 'duplicate' };
    if (!hasHash(chunk.data, chunk.chunkHash)) return { kind: 'damaged' };
    if (!isSame) return { kind: 'conflict', rivals: [held] };
    this.#store!.write(chunk.startByte, chunk.data);
    // Should the bytes be read again from the topic, these are known to be good.
    this.#chunks[at] = { ...heldChunk(chunk, position), isChecked: true };
    return { kind: 'rewritten', earlier: held };
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
    checkClaim(chunk, this.#maxBytes);
    const { mostMemoryBytes } = this.#stores;
    if (this.#store === undefined) {
      const expectedBytes = expectedFileBytes(chunk);
      this.#store =
        expectedBytes > mostMemoryBytes
          ? new PartStore(this.#stores, expectedBytes)
          : new FileBuffer(expectedBytes, mostMemoryBytes, this.#stores.memory);
    } else if (chunk.startByte + chunk.data.length > mostMemoryBytes) {
      this.spill();
    }
    this.#store.write(chunk.startByte, chunk.data);
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
