/** Finds out when nothing was left to do for a while: first by silence, then by asking where the partitions end. */
export class IdleWatch {
  readonly #idleMs: number | undefined;
  #activeAtMs: number | undefined;
  #isChecking = false;

  /** @param idleMs undefined: never idle */
  constructor(idleMs: number | undefined) {
    this.#idleMs = idleMs;
  }

  /** Something happened. */
  touch(nowMs: number): void {
    this.#activeAtMs = nowMs;
  }

  /** Whether to ask for the ends of the partitions now; true once until `checked`. */
  shouldCheck(nowMs: number): boolean {
    if (this.#idleMs === undefined || this.#isChecking) return false;
    this.#activeAtMs ??= nowMs;
    this.#isChecking = nowMs - this.#activeAtMs >= this.#idleMs;
    return this.#isChecking;
  }

  /** @returns whether the silence lasted until this answer, and nothing is left to read */
  checked(nowMs: number, lag: bigint | undefined): boolean {
    this.#isChecking = false;
    const wasSilent = this.#idleMs !== undefined && nowMs - this.#activeAtMs! >= this.#idleMs;
    if (wasSilent && lag === 0n) return true;
    if (lag !== 0n) this.touch(nowMs);
    return false;
  }
}
