/**
 * How a version ended. `corrupt`: its bytes never had the hash that its chunks name. `lost`: chunks of it were removed from the topic
 * before the rest came; uploaded again, it is processed. `superseded`: it never became whole, and a newer version of its path is done.
 */
export type VersionOutcome = 'done' | 'failed' | 'corrupt' | 'lost' | 'superseded';

/** That of a version with a whole content, or what is left of it. */
export type DecidedOutcome = Exclude<VersionOutcome, 'superseded'>;

/** A version that has its outcome, and where its chunks lie. */
export interface EndedVersion {
  readonly id: string;
  readonly partitions: readonly number[];
}

/**
 * The outcomes of the versions that ended last, so that a late duplicate of a chunk does not open its file again.
 * Bounded: the oldest are forgotten.
 */
export class RecentOutcomes {
  readonly #outcomes = new Map<string, VersionOutcome>();
  /** Those of them that the state topic knows as done or superseded. It is read on from where it was read before, so it does not say so again. */
  readonly #onTopic = new Set<string>();
  readonly #limit: number;
  /** Those that no commit covers for certain, by the number that `count` had with them. */
  #uncommitted = new Map<number, EndedVersion>();
  #count = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** How many were ever added. */
  get count(): number {
    return this.#count;
  }

  get(versionId: string): VersionOutcome | undefined {
    return this.#outcomes.get(versionId);
  }

  /** Those that a restart may read again. */
  get uncommitted(): readonly EndedVersion[] {
    return [...this.#uncommitted.values()];
  }

  add(version: EndedVersion, outcome: VersionOutcome): void {
    this.#count += 1;
    this.#outcomes.set(version.id, outcome);
    this.#onTopic.delete(version.id);
    this.#uncommitted.set(this.#count, version);
    this.#forgetOldest();
  }

  /** A version that ended before; the state topic says so, whatever is committed. */
  load(versionId: string, outcome: 'done' | 'superseded' = 'done'): void {
    // Anew, so that it is not among the oldest.
    this.#outcomes.delete(versionId);
    this.#outcomes.set(versionId, outcome);
    this.#onTopic.add(versionId);
    this.#forgetOldest();
  }

  /** The state topic knows of a version that was added that it is done or superseded. */
  keep(versionId: string): void {
    if (this.#outcomes.has(versionId)) this.#onTopic.add(versionId);
  }

  /** A commit that was asked for when there were `count` of them came about: a restart passes all their chunks over. */
  markCommitted(count: number): void {
    for (const number of this.#uncommitted.keys()) {
      if (number > count) return;
      this.#uncommitted.delete(number);
    }
  }

  /**
   * These partitions are read again from the committed offsets. Versions that ended since then are read again too, and must
   * then hold their partitions back as open ones do: were their chunks passed over, a commit amid them and a restart from it
   * would open the version for the chunks after it, and wait for ever for those before it. What the state topic knows, a
   * restart knows too.
   */
  forgetUncommitted(partitions: ReadonlySet<number>): void {
    for (const [number, { id, partitions: its }] of this.#uncommitted) {
      if (!its.some(partition => partitions.has(partition))) continue;
      if (!this.#onTopic.has(id)) this.#outcomes.delete(id);
      this.#uncommitted.delete(number);
    }
  }

  #forgetOldest(): void {
    if (this.#outcomes.size <= this.#limit) return;
    for (const oldest of this.#outcomes.keys()) {
      this.#outcomes.delete(oldest);
      this.#onTopic.delete(oldest);
      break;
    }
  }
}
