const lengthBytes = 4;
/** Responses to most requests fit, so that one read takes them whole. */
const smallReadBytes = 16 * 1024;
/** Below, the memory allocator is as good. */
const reusedFromBytes = 128 * 1024;
/** Far above what fetch limits let a broker send, and below the number that the letters "HTTP" make. */
const maxResponseBytes = 1024 * 1024 * 1024;

/** A length that no broker sends: the other side does not speak Kafka's protocol. */
export class ResponseLengthError extends Error {
  override readonly name = 'ResponseLengthError';
}

/**
 * Cuts the bytes of one connection into responses, each in one buffer of its own, length included.
 *
 * The socket reads straight into that buffer (`nextTarget`), once the length is known. Without it every response of
 * some megabytes is read in pieces of 64 KiB that are joined afterwards: twice the memory traffic, and garbage outside of
 * V8's heap that makes V8 collect 2 to 3 times as often.
 *
 * A response belongs to its receiver until that gives it back.
 */
export class ResponseFramer {
  readonly #onResponse: (response: Buffer) => void;
  readonly #small = Buffer.allocUnsafeSlow(smallReadBytes);
  /** The first bytes of `#small` are of the next response. */
  #smallFilled = 0;
  /** The response that is being read into a buffer of its own, if its length is known and it is not whole. */
  #large: Buffer | undefined;
  #largeFilled = 0;
  /** Memory that was given back. */
  #spare: ArrayBuffer | undefined;

  constructor(onResponse: (response: Buffer) => void) {
    this.#onResponse = onResponse;
  }

  /** Where the next bytes of the connection belong. Never empty. */
  nextTarget(): Buffer {
    return this.#large === undefined
      ? this.#small.subarray(this.#smallFilled)
      : this.#large.subarray(this.#largeFilled);
  }

  /**
   * Says that so many bytes were written to the start of the last `nextTarget`.
   * @throws {ResponseLengthError} the connection is of no use any more
   */
  advance(byteLength: number): void {
    if (this.#large === undefined) {
      this.#smallFilled += byteLength;
      this.#cutSmall();
      return;
    }
    this.#largeFilled += byteLength;
    if (this.#largeFilled < this.#large.length) return;
    const response = this.#large;
    this.#large = undefined;
    this.#onResponse(response);
  }

  /**
   * Takes the memory of a response back for a later one: fresh memory costs page faults, and garbage outside of V8's heap
   * makes V8 collect. Whoever still looks at the response finds it empty, never with the bytes of another.
   */
  giveBack(response: Buffer): void {
    const memory = response.buffer as ArrayBuffer;
    if (memory.byteLength < reusedFromBytes || memory.byteLength < (this.#spare?.byteLength ?? 0)) return;
    this.#spare = structuredClone(memory, { transfer: [memory] });
  }

  /** Hands out the responses that are whole; what is left is the start of one. */
  #cutSmall(): void {
    let start = 0;
    while (this.#smallFilled - start >= lengthBytes) {
      const end = start + lengthBytes + this.#lengthAt(start);
      if (end > this.#smallFilled) break;
      const response = Buffer.from(this.#small.subarray(start, end));
      start = end;
      this.#onResponse(response);
    }
    const rest = this.#small.subarray(start, this.#smallFilled);
    this.#smallFilled = rest.length;
    this.#small.set(rest);
    if (rest.length < lengthBytes) return;
    this.#beginLarge(this.#small.subarray(0, rest.length), lengthBytes + this.#lengthAt(0));
  }

  #beginLarge(begun: Buffer, byteLength: number): void {
    this.#large = this.#allocate(byteLength);
    this.#large.set(begun);
    this.#largeFilled = begun.length;
    this.#smallFilled = 0;
  }

  #allocate(byteLength: number): Buffer {
    const spare = this.#spare;
    if (byteLength < reusedFromBytes || spare === undefined || spare.byteLength < byteLength)
      return Buffer.allocUnsafeSlow(byteLength);
    this.#spare = undefined;
    return Buffer.from(spare, 0, byteLength);
  }

  #lengthAt(start: number): number {
    const length = this.#small.readInt32BE(start);
    if (length >= 0 && length <= maxResponseBytes) return length;
    throw new ResponseLengthError(
      `the answer begins with length ${length}: this is not Kafka, or it wants TLS (security.protocol)`,
    );
  }
}
