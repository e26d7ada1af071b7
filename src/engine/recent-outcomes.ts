/** How a version ended. `corrupt`: its bytes never had the hash that its chunks name. */
export type VersionOutcome = 'done' | 'failed' | 'corrupt';

/**
 * The outcomes of the versions that ended last, so that a late duplicate of a chunk does not open its file again.
 * Bounded: the oldest are forgotten.
 */
export class RecentOutcomes {
  readonly #outcomes = new Map<string, VersionOutcome>();
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get(versionId: string): VersionOutcome | undefined {
    return this.#outcomes.get(versionId);
  }

  add(versionId: string, outcome: VersionOutcome): void {
    this.#outcomes.set(versionId, outcome);
    if (this.#outcomes.size <= this.#limit) return;
    for (const oldest of this.#outcomes.keys()) {
      this.#outcomes.delete(oldest);
      break;
    }
  }
}
