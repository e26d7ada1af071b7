interface Sample {
  readonly atMs: number;
  readonly sentBytes: number;
}

/** The rate is that of so many milliseconds. */
const windowMs = 10_000;

/** How fast bytes are sent, from how many were sent at several moments. */
export class RecentRate {
  readonly #samples: Sample[] = [];

  constructor(first: Sample) {
    this.#samples.push(first);
  }

  add(sample: Sample): void {
    this.#samples.push(sample);
    while (this.#samples.length > 2 && sample.atMs - this.#samples[1]!.atMs > windowMs) this.#samples.shift();
  }

  get bytesPerSecond(): number {
    const [first, last] = [this.#samples[0]!, this.#samples.at(-1)!];
    const seconds = (last.atMs - first.atMs) / 1000;
    // After a file that changed is begun anew its bytes are counted again.
    return seconds > 0 ? Math.max(0, (last.sentBytes - first.sentBytes) / seconds) : 0;
  }
}
