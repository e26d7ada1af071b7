import { createHash } from 'node:crypto';
import type { Fact } from '../facts.js';
import type { UploadedVersion } from '../truth.js';

interface Place {
  readonly partition: number;
  readonly offset: number;
}

interface SoundRecord extends Place {
  readonly atMs: number;
  readonly index: number;
}

/** What the checker knows of one uploaded version. */
export class VersionRecord {
  readonly truth: UploadedVersion;
  readonly id: string;
  /** Records of the topic that hold its chunks unharmed, by index. */
  readonly valid = new Map<number, Place[]>();
  /** All records that say they are of it. */
  readonly all: Place[] = [];
  /** When each of its chunks came to the topic as the uploader meant it, for the first time. */
  readonly goodSinceMs: number[] = [];
  /** When the records that say they are of it came, the first one first. */
  readonly writtenAtMs: number[] = [];
  /** Those that are unharmed and were not removed. */
  #sound: SoundRecord[] = [];
  readonly #removed: SoundRecord[] = [];
  /** When its upload began, as far as that could be known when it had its last result; undefined: it has none. */
  beganAtMs: number | undefined;
  resultCount = 0;
  /** A worker knows that its result is on the topic, or that the transaction with it will be. */
  isAcknowledged = false;
  resultId: string | undefined;
  /** Retention removed a chunk of it. */
  isCut = false;
  /** ... before it had a result: it cannot have one. */
  isExcused = false;
  /** The state topic says that a newer version of its path made it needless. */
  isSuperseded = false;
  /** ... or a transaction that says so is decided. */
  willBeSuperseded = false;
  /** A transaction with its result is decided. */
  willBeDone = false;
  /** That it is set aside came to the state topic from a worker that had lost its partitions. */
  isSetAsideLate = false;
  /** Processes died while it was called. */
  isGivenUp = false;

  constructor(truth: UploadedVersion) {
    this.truth = truth;
    this.id = createHash('sha256')
      .update(truth.path)
      .update('\0')
      .update(Buffer.from(truth.sha512, 'hex'))
      .update(`\0${truth.chunkCount}`)
      .digest('hex')
      .slice(0, 16);
  }

  get name(): string {
    return `upload ${this.truth.upload} (${this.truth.path}, version ${this.id})`;
  }

  /** It has to get a result. */
  get isDue(): boolean {
    return this.truth.isWhole && !this.isExcused && !this.isSuperseded && !this.isGivenUp;
  }

  take({ atMs, partition, offset, chunk: { index, quality } }: Fact & { kind: 'chunk' }): void {
    const place = { partition, offset };
    if (quality === 'good') this.goodSinceMs.push(atMs);
    this.all.push(place);
    this.writtenAtMs.push(atMs);
    if (quality !== 'good' && quality !== 'copy') return;
    this.#sound.push({ ...place, atMs, index });
    const places = this.valid.get(index);
    if (places === undefined) this.valid.set(index, [place]);
    else places.push(place);
  }

  removeBelow(partition: number, logStart: number): void {
    if (!this.all.some(place => place.partition === partition && place.offset < logStart)) return;
    this.isCut = true;
    if (this.resultCount === 0) this.isExcused = true;
    const isGone = (place: Place): boolean => place.partition === partition && place.offset < logStart;
    this.#removed.push(...this.#sound.filter(isGone));
    this.#sound = this.#sound.filter(place => !isGone(place));
  }

  /** @param known places (`partition/offset`) that the state topic names, also of what was removed since */
  noteResult(known: ReadonlySet<string>): void {
    this.resultCount += 1;
    const named = this.#removed.filter(({ partition, offset }) => known.has(`${partition}/${offset}`));
    const beganAtMs = Math.min(...[...this.#sound, ...named].map(({ atMs }) => atMs));
    this.beganAtMs = Math.max(this.beganAtMs ?? 0, beganAtMs);
  }

  /** When the last record of it came that was there at this time, and was not removed; undefined: there is none. */
  lastSoundBefore(untilMs: number): number | undefined {
    return this.#sound.findLast(({ atMs }) => atMs < untilMs)?.atMs;
  }

  /** Its upload began before that of the other one, and ended before that one was whole. */
  wasBefore(other: VersionRecord): boolean {
    if (this.truth.path !== other.truth.path) return false;
    const [first, last] = [this.writtenAtMs[0]!, this.writtenAtMs.at(-1)!];
    // The workers know whole milliseconds.
    if (last + 1 < other.writtenAtMs[0]!) return true;
    // Of what is removed nobody may know when it came.
    if (this.isCut || other.isCut) return false;
    // A record that is wrong may count as one of its chunks, or not.
    const soundAtMs = this.#sound[0]?.atMs ?? first;
    return soundAtMs + 1 < other.writtenAtMs[0]! && last + 1 < other.#wholeAtMs;
  }

  get #wholeAtMs(): number {
    const firstOfEach = new Map<number, number>();
    for (const { index, atMs } of this.#sound) if (!firstOfEach.has(index)) firstOfEach.set(index, atMs);
    return Math.max(...firstOfEach.values());
  }

  get partitions(): number[] {
    return [...new Set(this.all.map(({ partition }) => partition))];
  }

  liesIn(partition: number): boolean {
    return this.all.some(place => place.partition === partition);
  }
}
