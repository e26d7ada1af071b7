import { type ErrorCode } from './error-codes.js';

const initialBytes = 256;

/**
 * Writes the fields of one response, in order; the counterpart of `RequestReader`.
 *
 * Record batches are not copied: `records` takes the log's buffers as they are, and `finish` returns a list of
 * buffers for one vectored socket write.
 */
export class ResponseWriter {
  private readonly finished: Buffer[] = [];
  private finishedByteLength = 0;
  private current = Buffer.allocUnsafe(initialBytes);
  private position = 0;

  constructor(readonly flexible = false) {}

  int8(value: number): this {
    const at = this.reserve(1);
    this.current.writeInt8(value, at);
    return this;
  }

  int16(value: number): this {
    const at = this.reserve(2);
    this.current.writeInt16BE(value, at);
    return this;
  }

  /**
   * Writes an error code, of which a response may have several. The only way to write one: faults of tests replace what
   * comes through here.
   */
  errorCode(code: ErrorCode): this {
    return this.int16(code);
  }

  int32(value: number): this {
    const at = this.reserve(4);
    this.current.writeInt32BE(value, at);
    return this;
  }

  int64(value: bigint): this {
    const at = this.reserve(8);
    this.current.writeBigInt64BE(value, at);
    return this;
  }

  float64(value: number): this {
    const at = this.reserve(8);
    this.current.writeDoubleBE(value, at);
    return this;
  }

  boolean(value: boolean): this {
    return this.int8(value ? 1 : 0);
  }

  /** @param hex - 32 hexadecimal digits */
  uuid(hex: string): this {
    const at = this.reserve(16);
    this.current.write(hex, at, 16, 'hex');
    return this;
  }

  unsignedVarint(value: number): this {
    let rest = value;
    while (rest >= 0x80) {
      this.byte((rest % 0x80) | 0x80);
      rest = Math.floor(rest / 0x80);
    }
    return this.byte(rest);
  }

  string(value: string | null): this {
    const length = value === null ? -1 : Buffer.byteLength(value);
    if (this.flexible) this.unsignedVarint(length + 1);
    else this.int16(length);
    if (value === null) return this;
    const at = this.reserve(length);
    this.current.write(value, at, 'utf8');
    return this;
  }

  /** Copies `value`; for record batches use `records`. */
  bytes(value: Uint8Array | null): this {
    this.byteCount(value === null ? -1 : value.length);
    if (value === null) return this;
    const at = this.reserve(value.length);
    this.current.set(value, at);
    return this;
  }

  /** Writes record batches without copying them. They must not change until the response is sent. */
  records(batches: readonly Buffer[]): this {
    const byteLength = batches.reduce((sum, batch) => sum + batch.length, 0);
    this.byteCount(byteLength);
    if (byteLength === 0) return this;
    this.closeCurrent();
    this.finished.push(...batches);
    this.finishedByteLength += byteLength;
    return this;
  }

  array<T>(elements: readonly T[] | null, write: (element: T) => void): this {
    const count = elements === null ? -1 : elements.length;
    if (this.flexible) this.unsignedVarint(count + 1);
    else this.int32(count);
    elements?.forEach(write);
    return this;
  }

  /** An array of structures, each of which ends with tagged fields in flexible versions. */
  structs<T>(elements: readonly T[] | null, write: (element: T) => void): this {
    return this.array(elements, element => {
      write(element);
      this.noTags();
    });
  }

  /** Ends a structure: no tagged fields follow. */
  noTags(): this {
    return this.flexible ? this.unsignedVarint(0) : this;
  }

  /** Number of bytes written so far. */
  get byteLength(): number {
    return this.finishedByteLength + this.position;
  }

  /** The bytes, in order, as they are to be sent. */
  finish(): Buffer[] {
    this.closeCurrent();
    return this.finished;
  }

  private byte(value: number): this {
    const at = this.reserve(1);
    this.current[at] = value;
    return this;
  }

  private byteCount(count: number): void {
    if (this.flexible) this.unsignedVarint(count + 1);
    else this.int32(count);
  }

  private closeCurrent(): void {
    if (this.position === 0) return;
    this.finished.push(this.current.subarray(0, this.position));
    this.finishedByteLength += this.position;
    this.current = Buffer.allocUnsafe(initialBytes);
    this.position = 0;
  }

  /** Makes room; call it before touching `current`, which it may replace. */
  private reserve(length: number): number {
    const start = this.position;
    if (start + length > this.current.length) {
      const larger = Buffer.allocUnsafe(Math.max(this.current.length * 2, start + length));
      this.current.copy(larger, 0, 0, start);
      this.current = larger;
    }
    this.position = start + length;
    return start;
  }
}
