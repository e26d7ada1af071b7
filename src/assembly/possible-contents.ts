import { isRegularPlace } from './chunk-place.js';
import { endOf, type HeldChunk } from './held-chunk.js';

/** Contents of one file that are tried: each costs the hash of the whole. */
export const mostContents = 256;
/** Chunks of one file that are known beside one for each number. */
export const mostRivals = 10_000;

interface Claim {
  /** Another one that says the same may take its place. */
  chunk: HeldChunk;
  /** The later a chunk came, the higher. */
  readonly rank: number;
}

/**
 * Which contents a file may have whose chunks contradict each other: each way through them from byte 0 on that takes one chunk of
 * every number, each beginning where the one before it ends.
 *
 * Only what the chunks say is kept, not their bytes: memory for 10,000 lies is that of a few chunks. A chunk that lies about its place
 * has no neighbours and costs nothing; chunks that have each other's place, of which none can be told from the right one, make the
 * contents twice as many each.
 *
 * Every content is named once: by the chunk of it that came last, when its turn comes.
 */
export class PossibleContents {
  readonly #count: number;
  readonly #claims = new Map<string, Claim>();
  readonly #byIndex = new Map<number, Set<Claim>>();
  /** By the number of the chunk and the byte at which it begins. */
  readonly #starting = new Map<string, Set<Claim>>();
  /** By the number of the chunk that follows and the byte at which it must begin. */
  readonly #ending = new Map<string, Set<Claim>>();
  /** The contents that these came last of were not named yet. */
  #newest: Claim[] = [];
  #ways: Iterator<HeldChunk[]> | undefined;
  #lastRank = 0;
  #namedCount = 0;

  /** @param count chunks of the file */
  constructor(count: number) {
    this.#count = count;
  }

  /** In the order in which they came. */
  get chunks(): HeldChunk[] {
    return [...this.#claims.values()].map(({ chunk }) => chunk);
  }

  /** Numbers of which there is a chunk. */
  get indexCount(): number {
    return this.#byIndex.size;
  }

  /** The one that says the same. */
  find(chunk: Pick<HeldChunk, 'index' | 'startByte' | 'byteLength' | 'chunkHash'>): HeldChunk | undefined {
    return this.#claims.get(keyOf(chunk))?.chunk;
  }

  /** One with the number. */
  rivalOf(index: number): HeldChunk | undefined {
    for (const { chunk } of this.#byIndex.get(index) ?? []) return chunk;
    return undefined;
  }

  /**
   * Adds a chunk that is not known yet. When there are too many, one that is not where uploaders put it has to go first.
   *
   * @returns false: there is no room for it
   */
  add(chunk: HeldChunk): boolean {
    if (this.#claims.size >= this.#count + mostRivals && !this.#makeRoomFor(chunk)) return false;
    this.#lastRank += 1;
    const claim = { chunk, rank: this.#lastRank };
    this.#enter(claim);
    this.#newest.push(claim);
    return true;
  }

  remove(chunk: HeldChunk): void {
    const claim = this.#claims.get(keyOf(chunk));
    if (claim !== undefined) this.#leave(claim);
  }

  /** Both say the same, but lie at different places of the topic. */
  replace(old: HeldChunk, chunk: HeldChunk): void {
    const claim = this.#claims.get(keyOf(old));
    if (claim !== undefined) claim.chunk = chunk;
  }

  /** @returns a content that was not named yet, in the order of its bytes; undefined: there is none, or too many were named */
  next(): HeldChunk[] | undefined {
    // One that came later has what is missing.
    if (this.#byIndex.size < this.#count) {
      this.#newest = [];
      this.#ways = undefined;
    }
    while (this.#namedCount < mostContents) {
      const way = this.#ways?.next();
      if (way?.done === false) {
        this.#namedCount += 1;
        return way.value;
      }
      const newest = this.#newest.shift();
      if (newest === undefined) break;
      this.#ways = this.#isBetweenOthers(newest) ? this.#waysThrough(newest) : undefined;
    }
    return undefined;
  }

  #enter(claim: Claim): void {
    const { chunk } = claim;
    this.#claims.set(keyOf(chunk), claim);
    put(this.#byIndex, chunk.index, claim);
    put(this.#starting, startOf(chunk), claim);
    put(this.#ending, nextStartOf(chunk), claim);
  }

  #leave(claim: Claim): void {
    const { chunk } = claim;
    this.#claims.delete(keyOf(chunk));
    take(this.#byIndex, chunk.index, claim);
    take(this.#starting, startOf(chunk), claim);
    take(this.#ending, nextStartOf(chunk), claim);
  }

  #makeRoomFor(chunk: HeldChunk): boolean {
    if (!isRegularPlace(chunk, this.#count)) return false;
    for (const claim of this.#claims.values()) {
      if (isRegularPlace(claim.chunk, this.#count)) continue;
      this.#leave(claim);
      return true;
    }
    return false;
  }

  #isBetweenOthers({ chunk }: Claim): boolean {
    const hasBefore = chunk.index === 1 ? chunk.startByte === 0 : this.#ending.has(startOf(chunk));
    return hasBefore && (chunk.index === this.#count || this.#starting.has(nextStartOf(chunk)));
  }

  /** All ways through a chunk and others that came before it. Chunks that are removed meanwhile are not on those that follow. */
  *#waysThrough(newest: Claim): Generator<HeldChunk[]> {
    const isMeant = (claim: Claim): boolean =>
      claim === newest || (claim.rank < newest.rank && claim.chunk.index !== newest.chunk.index);
    const last = [...(this.#byIndex.get(this.#count) ?? [])].filter(isMeant);
    const onWay = this.#leadingTo(newest.chunk.index === this.#count ? [newest] : last, newest, isMeant);
    if (!onWay.has(newest)) return;
    const choices: Claim[][] = [this.#choices('1:0', onWay)];
    const way: Claim[] = [];
    while (choices.length > 0) {
      const claim = choices.at(-1)!.shift();
      if (claim === undefined) {
        choices.pop();
        way.pop();
        continue;
      }
      if (!this.#isKnown(claim)) continue;
      way.push(claim);
      if (way.length === this.#count) {
        if (way.every(each => this.#isKnown(each))) yield way.map(({ chunk }) => chunk);
        way.pop();
      } else {
        choices.push(this.#choices(nextStartOf(claim.chunk), onWay));
      }
    }
  }

  /** Those that lead on to one of `ends`, and those before `newest` to that one: none of them leads astray. */
  #leadingTo(ends: readonly Claim[], newest: Claim, isMeant: (claim: Claim) => boolean): Set<Claim> {
    const onWay = new Set(ends);
    // What is added while it is gone through is gone through as well.
    for (const claim of onWay) {
      if (claim.chunk.index - 1 === newest.chunk.index) {
        if (nextStartOf(newest.chunk) === startOf(claim.chunk)) onWay.add(newest);
        continue;
      }
      for (const before of this.#ending.get(startOf(claim.chunk)) ?? [])
        if (isMeant(before)) onWay.add(before);
    }
    return onWay;
  }

  #choices(start: string, onWay: ReadonlySet<Claim>): Claim[] {
    return [...(this.#starting.get(start) ?? [])].filter(claim => onWay.has(claim));
  }

  #isKnown(claim: Claim): boolean {
    return this.#claims.get(keyOf(claim.chunk)) === claim;
  }
}

function put<K>(map: Map<K, Set<Claim>>, key: K, claim: Claim): void {
  const same = map.get(key);
  if (same === undefined) map.set(key, new Set([claim]));
  else same.add(claim);
}

function take<K>(map: Map<K, Set<Claim>>, key: K, claim: Claim): void {
  const same = map.get(key);
  same?.delete(claim);
  if (same?.size === 0) map.delete(key);
}

function startOf({ index, startByte }: HeldChunk): string {
  return `${index}:${startByte}`;
}

function nextStartOf(chunk: HeldChunk): string {
  return `${chunk.index + 1}:${endOf(chunk)}`;
}

function keyOf(chunk: Pick<HeldChunk, 'index' | 'startByte' | 'byteLength' | 'chunkHash'>): string {
  return `${chunk.index}:${chunk.startByte}:${chunk.byteLength}:${chunk.chunkHash.toString('latin1')}`;
}
