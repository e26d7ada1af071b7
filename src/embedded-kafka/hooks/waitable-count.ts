/** Counts upwards, and lets others wait for a number. */
export class WaitableCount {
  private count = 0;
  private readonly waiting = new Set<() => void>();

  get value(): number {
    return this.count;
  }

  increase(): void {
    this.count++;
    for (const check of [...this.waiting]) check();
  }

  /**
   * Resolves when the count is `wanted` or more.
   * @param timeoutMs - real time, whatever clock the broker has
   * @param describe - says what was missing, for the error
   * @throws {Error} the time is over
   */
  reaches(wanted: number, timeoutMs: number, describe: () => string): Promise<void> {
    return new Promise((resolve, reject) => {
      const finish = (settle: () => void): void => {
        clearTimeout(timer);
        this.waiting.delete(check);
        settle();
      };
      const check = (): void => {
        if (this.count >= wanted) finish(resolve);
      };
      const timer = setTimeout(() => finish(() => reject(new Error(describe()))), timeoutMs);
      this.waiting.add(check);
      check();
    });
  }
}
