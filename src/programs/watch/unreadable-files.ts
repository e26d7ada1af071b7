interface Unreadable {
  readonly reason: string;
  readonly waitMs: number;
  readonly retryAtMs: number;
}

const firstWaitMs = 5_000;
const longestWaitMs = 300_000;

/** Files that the system did not let us read: they are tried again, after waits that grow. */
export class UnreadableFiles {
  readonly #files = new Map<string, Unreadable>();

  get count(): number {
    return this.#files.size;
  }

  get paths(): string[] {
    return [...this.#files.keys()];
  }

  /** @returns whether that is worth telling: it is new, or has another reason than before */
  add(path: string, reason: string, nowMs: number): boolean {
    const known = this.#files.get(path);
    const waitMs = known === undefined ? firstWaitMs : Math.min(2 * known.waitMs, longestWaitMs);
    this.#files.set(path, { reason, waitMs, retryAtMs: nowMs + waitMs });
    return known?.reason !== reason;
  }

  /** @returns whether it was one of them */
  forget(path: string): boolean {
    return this.#files.delete(path);
  }

  /** Those to try again now. They stay known until they could be read. */
  due(nowMs: number): string[] {
    return [...this.#files].filter(([, { retryAtMs }]) => retryAtMs <= nowMs).map(([path]) => path);
  }
}
