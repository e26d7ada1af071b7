import type { FileChunk } from '../wire/file-chunk.js';
import type { AddedChunk, Refuted } from './added-chunk.js';
import { conflictError, damagedError, notPartError, type BadChunk } from './bad-chunk.js';
import type { ChunkAssembly } from './chunk-assembly.js';
import type { GivenUp } from './given-up.js';
import {
  hasHash,
  heldChunk,
  isSamePlace,
  placeText,
  type ChunkPosition,
  type HeldChunk,
} from './held-chunk.js';
import { PossibleContents } from './possible-contents.js';

interface ContestedChunksOptions {
  readonly path: string;
  readonly count: number;
  /** Messages of the version that are not to be given up again. */
  readonly givenUp: GivenUp;
  /** Without any chunk. */
  readonly newAssembly: () => ChunkAssembly;
}

/**
 * The chunks of a version that contradict each other, though each has its hash: a chunk hash says nothing of the chunk's place. The
 * hash of the whole file decides which are right.
 *
 * What chunks say and where they lie on the topic is kept of all; the bytes of one content only, so that no number of lies costs
 * memory. While no content is whole, the bytes of those are kept that came first and fit together. Then one possible content after the
 * other is chosen, its missing bytes are read again from the topic, and it is verified.
 *
 * From now on the hash of each chunk is computed when it comes: one that does not have it is given up at once, and only then.
 */
export class ContestedChunks {
  readonly #options: ContestedChunksOptions;
  readonly #contents: PossibleContents;
  #assembly: ChunkAssembly;
  /** The bytes of what comes are not kept, to make room. */
  #isDropped = false;
  #isRefuted = false;
  /** The chosen content is verified where it lies; none of its bytes are held. */
  #isOnTopic = false;
  /** The content that is to be verified. */
  #chosen: HeldChunk[] | undefined;
  #choice = 0;
  /** Chunks of it whose bytes are to be read again. */
  readonly #missing = new Set<HeldChunk>();

  /** @param assembly what fits together of the chunks until now */
  constructor(options: ContestedChunksOptions, assembly: ChunkAssembly) {
    this.#options = options;
    this.#assembly = assembly;
    this.#contents = new PossibleContents(options.count);
    for (const chunk of assembly.chunks) this.#contents.add(chunk);
    if (assembly.isDropped) this.drop();
    this.#choose();
  }

  get assembly(): ChunkAssembly {
    return this.#assembly;
  }

  /** Whether there is a content to verify. */
  get isComplete(): boolean {
    return this.#chosen !== undefined;
  }

  /** No content that the chunks allow has the hash of the file. */
  get isRefuted(): boolean {
    return this.#isRefuted;
  }

  /** Another number for each content that is chosen. */
  get choice(): number {
    return this.#choice;
  }

  get missingBytes(): readonly HeldChunk[] {
    return [...this.#missing];
  }

  /** See `leaveOnTopic`; there is a chosen content then. */
  get isOnTopic(): boolean {
    return this.#isOnTopic;
  }

  /** The chunks of the content that is to be verified, in the order of their bytes. */
  get chosen(): readonly HeldChunk[] | undefined {
    return this.#chosen;
  }

  get heldCount(): number {
    return this.#contents.indexCount;
  }

  get chunks(): readonly HeldChunk[] {
    return this.#contents.chunks;
  }

  /**
   * @throws {ChunkHashMismatchError} it is damaged
   * @throws {ChunkConflictError} it contradicts others; whether it may be part of the content all the same, `isHeld` of the error tells
   */
  add(chunk: FileChunk, position: ChunkPosition): AddedChunk {
    const known = this.#contents.find(heldChunk(chunk, position));
    if (!hasHash(chunk.data, chunk.chunkHash)) {
      if (known !== undefined && isSamePlace(known, position)) return this.#spoiled(known);
      throw damagedError(this.#options, chunk.index);
    }
    return known === undefined ? this.#addNew(chunk, position) : this.#addCopy(known, chunk, position);
  }

  /** These are not on the topic any more. */
  forget(places: readonly ChunkPosition[]): void {
    const gone = new Set(places.map(placeText));
    for (const chunk of this.#missing) if (gone.has(placeText(chunk))) this.#remove(chunk);
    this.#choose();
  }

  /** Gives the bytes up, and those of chunks that come from now on, until a content can be chosen. */
  drop(): void {
    this.#assembly.release();
    this.#assembly = this.#options.newAssembly();
    this.#isDropped = true;
    for (const chunk of this.#chosen ?? []) this.#missing.add(chunk);
  }

  /** Gives the bytes up; none of the chosen content are held until another one is chosen. */
  leaveOnTopic(): void {
    this.drop();
    this.#isOnTopic = true;
  }

  /** The chosen content does not have the hash of the file. @param damaged what the assembly has given up of it */
  refute(damaged: readonly HeldChunk[]): Refuted {
    this.#chosen = undefined;
    this.#isOnTopic = false;
    for (const chunk of damaged) this.#contents.remove(chunk);
    this.#choose();
    const bad = damaged.flatMap(chunk => this.#damaged(chunk) ?? []);
    if (this.isComplete) return { bad, next: 'complete' };
    if (damaged.length > 0) return { bad, next: 'incomplete' };
    this.drop();
    this.#isRefuted = true;
    return { bad, next: 'corrupt' };
  }

  /** The chosen content has the hash of the file. @returns the others, as far as they were not given up before */
  settle(): BadChunk[] {
    const { givenUp } = this.#options;
    const right = new Set(this.#chosen);
    return this.#contents.chunks
      .filter(chunk => !right.has(chunk))
      .flatMap(chunk => givenUp.giveUp(chunk, notPartError(this.#options, chunk)) ?? []);
  }

  #addNew(chunk: FileChunk, position: ChunkPosition): AddedChunk {
    const taken = this.#take(chunk, position);
    const held: HeldChunk = taken.held ?? heldChunk(chunk, position);
    held.isChecked = true;
    if (!this.#contents.add(held)) {
      this.#assembly.retain(new Set(this.#assembly.chunks.filter(each => each !== held)));
      throw conflictError(this.#options, chunk, taken.rivals, false);
    }
    this.#isRefuted = false;
    if (this.#chosen === undefined) this.#choose();
    if (taken.replaced !== undefined) return { kind: 'replaced', bad: this.#damaged(taken.replaced) };
    if (taken.rivals.length === 0) return this.#progress();
    this.#options.givenUp.add(position);
    throw conflictError(this.#options, chunk, taken.rivals, true);
  }

  /** Keeps the bytes of a chunk that is not known, if they are of use. */
  #take(
    chunk: FileChunk,
    position: ChunkPosition,
  ): { readonly held?: HeldChunk; readonly replaced?: HeldChunk; readonly rivals: readonly HeldChunk[] } {
    if (this.#chosen !== undefined || this.#isDropped) {
      const rival = this.#chosen?.[chunk.index - 1] ?? this.#contents.rivalOf(chunk.index);
      return { rivals: rival === undefined ? [] : [rival] };
    }
    const result = this.#assembly.add(chunk, position);
    if (result.kind === 'conflict') return { rivals: result.rivals };
    const held = this.#assembly.at(chunk.index)!;
    if (result.kind === 'added') return { held, rivals: [] };
    if (result.kind !== 'replaced') return { rivals: [held] };
    this.#contents.remove(result.damaged);
    return { held, replaced: result.damaged, rivals: [] };
  }

  /** It says the same as one that is known. */
  #addCopy(known: HeldChunk, chunk: FileChunk, position: ChunkPosition): AddedChunk {
    if (this.#isOnTopic) return { kind: 'duplicate' };
    if (this.#missing.has(known) || this.#assembly.holds(known)) {
      const result = this.#assembly.add(chunk, position);
      if (result.kind === 'duplicate') return result;
      this.#exchange(known, this.#assembly.at(chunk.index)!);
      if (result.kind === 'replaced') return { kind: 'replaced', bad: this.#damaged(known) };
      return result.kind === 'rewritten' ? result : this.#progress();
    }
    if (known.isChecked === true) return { kind: 'duplicate' };
    this.#exchange(known, heldChunk(chunk, position));
    return { kind: 'rewritten', earlier: known };
  }

  /** They say the same, and the second one is known to be good. */
  #exchange(known: HeldChunk, copy: HeldChunk): void {
    copy.isChecked = true;
    this.#missing.delete(known);
    this.#contents.replace(known, copy);
    if (this.#chosen?.[known.index - 1] === known) this.#chosen[known.index - 1] = copy;
  }

  #spoiled(chunk: HeldChunk): AddedChunk {
    this.#remove(chunk);
    this.#choose();
    return { kind: 'spoiled', bad: this.#damaged(chunk) };
  }

  #remove(chunk: HeldChunk): void {
    this.#contents.remove(chunk);
    if (this.#assembly.holds(chunk))
      this.#assembly.retain(new Set(this.#assembly.chunks.filter(each => each !== chunk)));
    if (this.#chosen?.[chunk.index - 1] !== chunk) return;
    this.#chosen = undefined;
    this.#isOnTopic = false;
  }

  #choose(): void {
    if (this.#chosen !== undefined) return;
    this.#missing.clear();
    this.#chosen = this.#contents.next();
    if (this.#chosen === undefined) return;
    this.#choice += 1;
    this.#isDropped = false;
    this.#assembly.retain(new Set(this.#chosen));
    for (const chunk of this.#chosen) if (!this.#assembly.holds(chunk)) this.#missing.add(chunk);
  }

  #progress(): AddedChunk {
    if (this.isComplete) return { kind: 'complete' };
    return { kind: 'incomplete', missingCount: Math.max(1, this.#options.count - this.heldCount) };
  }

  #damaged(chunk: HeldChunk): BadChunk | undefined {
    return this.#options.givenUp.giveUp(chunk, damagedError(this.#options, chunk.index));
  }
}
