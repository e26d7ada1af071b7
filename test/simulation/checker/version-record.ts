import { createHash } from 'node:crypto';
import type { Fact } from '../facts.js';
import type { UploadedVersion } from '../truth.js';

interface Place {
  readonly partition: number;
  readonly offset: number;
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
    return this.truth.isWhole && !this.isExcused && !this.isSuperseded;
  }

  take({ atMs, partition, offset, chunk: { index, quality } }: Fact & { kind: 'chunk' }): void {
    const place = { partition, offset };
    if (quality === 'good') this.goodSinceMs.push(atMs);
    this.all.push(place);
    this.writtenAtMs.push(atMs);
    if (quality !== 'good' && quality !== 'copy') return;
    const places = this.valid.get(index);
    if (places === undefined) this.valid.set(index, [place]);
    else places.push(place);
  }

  removeBelow(partition: number, logStart: number): void {
    if (!this.all.some(place => place.partition === partition && place.offset < logStart)) return;
    this.isCut = true;
    if (this.resultCount === 0) this.isExcused = true;
  }

  /** All of it was written before anything of the other one was. */
  wasBefore(other: VersionRecord): boolean {
    return this.truth.path === other.truth.path && this.writtenAtMs.at(-1)! < other.writtenAtMs[0]!;
  }

  get partitions(): number[] {
    return [...new Set(this.all.map(({ partition }) => partition))];
  }

  liesIn(partition: number): boolean {
    return this.all.some(place => place.partition === partition);
  }
}
