/** Puts the frames of Kafka's protocol together: 4 bytes of length, then as many bytes. */
export class FrameSplitter {
  readonly #onFrame: (frame: Buffer) => void;
  #parts: Buffer[] = [];
  #byteLength = 0;

  /** @param onFrame gets each whole frame with its length */
  constructor(onFrame: (frame: Buffer) => void) {
    this.#onFrame = onFrame;
  }

  push(bytes: Buffer): void {
    this.#parts.push(bytes);
    this.#byteLength += bytes.length;
    while (this.#byteLength >= 4) {
      if (this.#parts[0]!.length < 4) this.#join();
      const length = 4 + this.#parts[0]!.readInt32BE(0);
      if (this.#byteLength < length) return;
      const all = this.#join();
      this.#parts = [all.subarray(length)];
      this.#byteLength -= length;
      // A copy: the bytes may be changed.
      this.#onFrame(Buffer.from(all.subarray(0, length)));
    }
  }

  #join(): Buffer {
    if (this.#parts.length > 1) this.#parts = [Buffer.concat(this.#parts)];
    return this.#parts[0]!;
  }
}
