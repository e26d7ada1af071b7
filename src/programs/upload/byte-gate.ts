interface Waiting {
  readonly byteCount: number;
  enter(): void;
}

/** Lets in only so many bytes at a time, in the order of asking: what bounds an upload's memory. */
export class ByteGate {
  readonly #capacity: number;
  readonly #waiting: Waiting[] = [];
  #heldBytes = 0;

  /** @param capacity 1 byte or more */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get heldBytes(): number {
    return this.#heldBytes;
  }

  /**
   * Waits until there is room. More than the whole capacity takes all of it, rather than to wait for ever.
   * @returns gives the room back; to be called once
   */
  async enter(byteCount: number): Promise<() => void> {
    const taken = Math.min(byteCount, this.#capacity);
    if (this.#waiting.length > 0 || this.#heldBytes + taken > this.#capacity)
      await new Promise<void>(resolve => this.#waiting.push({ byteCount: taken, enter: resolve }));
    else this.#heldBytes += taken;
    return () => this.#leave(taken);
  }

  #leave(byteCount: number): void {
    this.#heldBytes -= byteCount;
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      if (this.#heldBytes + next.byteCount > this.#capacity) return;
      this.#waiting.shift();
      // Taken here and not by the one that waits: somebody else could come in between.
      this.#heldBytes += next.byteCount;
      next.enter();
    }
  }
}
