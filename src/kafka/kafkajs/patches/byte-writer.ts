/** Writes Kafka's primitive types into a buffer of a size that is known before. */
export class ByteWriter {
  readonly #buffer: Buffer;
  #at = 0;

  constructor(byteLength: number) {
    this.#buffer = Buffer.allocUnsafe(byteLength);
  }

  get length(): number {
    return this.#at;
  }

  int8(value: number): this {
    this.#at = this.#buffer.writeInt8(value, this.#at);
    return this;
  }

  int16(value: number): this {
    this.#at = this.#buffer.writeInt16BE(value, this.#at);
    return this;
  }

  int32(value: number): this {
    this.#at = this.#buffer.writeInt32BE(value, this.#at);
    return this;
  }

  uint32(value: number): this {
    this.#at = this.#buffer.writeUInt32BE(value, this.#at);
    return this;
  }

  uint32At(at: number, value: number): void {
    this.#buffer.writeUInt32BE(value, at);
  }

  int64(value: bigint): this {
    this.#at = this.#buffer.writeBigInt64BE(value, this.#at);
    return this;
  }

  /** With its length before it in two bytes; null: length -1. */
  string(bytes: Buffer | null): this {
    this.int16(bytes?.length ?? -1);
    return this.#raw(bytes);
  }

  /** With its length before it as a varint; null: length -1. */
  bytes(bytes: Buffer | null): this {
    this.varint(BigInt(bytes?.length ?? -1));
    return this.#raw(bytes);
  }

  /** Zigzag: 0, -1, 1, -2, … become 0, 1, 2, 3, … */
  varint(value: bigint): this {
    let rest = zigzag(value);
    for (; rest > 0x7fn; rest >>= 7n) this.#buffer[this.#at++] = Number(rest & 0x7fn) | 0x80;
    this.#buffer[this.#at++] = Number(rest);
    return this;
  }

  /** What was written from there on; a view. */
  written(from: number): Buffer {
    return this.#buffer.subarray(from, this.#at);
  }

  /** @throws {RangeError} another size was planned than was written: nothing of it must be sent */
  finish(): Buffer {
    if (this.#at !== this.#buffer.length)
      throw new RangeError(`${this.#buffer.length} bytes were planned, and ${this.#at} written`);
    return this.#buffer;
  }

  #raw(bytes: Buffer | null): this {
    if (bytes !== null) this.#at += bytes.copy(this.#buffer, this.#at);
    return this;
  }
}

export function varintSize(value: bigint): number {
  let size = 1;
  for (let rest = zigzag(value); rest > 0x7fn; rest >>= 7n) size += 1;
  return size;
}

/** Of bytes with their length before them. */
export function bytesSize(bytes: Buffer | null): number {
  return varintSize(BigInt(bytes?.length ?? -1)) + (bytes?.length ?? 0);
}

function zigzag(value: bigint): bigint {
  return BigInt.asUintN(64, (value << 1n) ^ (value >> 63n));
}
