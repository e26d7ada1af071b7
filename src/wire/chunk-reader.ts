import { isUtf8 } from 'node:buffer';
import { ChunkDecodeError } from '../errors.js';

/** One byte range of the message. */
interface Span {
  readonly start: number;
  readonly end: number;
}

/**
 * Reads msgpack values that a file chunk may hold, one after another, from one message.
 *
 * Why not a general msgpack decoder: text and bytes may come in either family of msgpack, so no byte of a `str`
 * may be interpreted before the field is known; a start byte beyond 2^53 must be refused and not rounded; nothing
 * may be allocated by a length that a message merely claims, nor may nesting be followed. A reader that knows which
 * kind of value comes next has all of this for free. It is compared with `@msgpack/msgpack` on generated values in
 * the tests.
 */
export class ChunkReader {
  readonly bytes: Buffer;
  private position = 0;

  constructor(value: Uint8Array) {
    this.bytes = Buffer.isBuffer(value)
      ? value
      : Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  }

  /** Number of bytes not read yet. */
  get remainingCount(): number {
    return this.bytes.length - this.position;
  }

  /**
   * Reads the head of an array.
   * @returns the number of elements it announces
   * @throws {ChunkDecodeError} anything else comes next
   */
  arrayHeader(): number {
    const type = this.typeByte('array');
    if (type >= 0x90 && type <= 0x9f) return type & 0x0f;
    if (type === 0xdc) return this.unsigned(2, 'array');
    if (type === 0xdd) return this.unsigned(4, 'array');
    throw new ChunkDecodeError(`cannot decode chunk: expected a msgpack array, found ${kindOf(type)}`);
  }

  /** Reads a text field (`str` or `bin`), strictly UTF-8. @throws {ChunkDecodeError} */
  text(field: string): string {
    const { start, end } = this.span(field, 'text');
    for (let at = start; at < end; at++) {
      if (this.bytes[at]! >= 0x80) return this.nonAsciiText(field, start, end);
    }
    return this.bytes.toString('latin1', start, end);
  }

  /** Reads a bytes field (`bin` or `str`) as a view. @throws {ChunkDecodeError} */
  binary(field: string): Uint8Array {
    const { start, end } = this.span(field, 'bytes');
    return this.bytes.subarray(start, end);
  }

  /**
   * Reads an integer or float of any width. 64-bit integers beyond 2^53 come rounded: the caller's range check
   * must refuse everything beyond `Number.MAX_SAFE_INTEGER`, which rounding never undercuts.
   * @throws {ChunkDecodeError}
   */
  number(field: string): number {
    const type = this.typeByte(field);
    if (type <= 0x7f) return type;
    if (type >= 0xe0) return type - 0x100;
    switch (type) {
      case 0xcc:
        return this.unsigned(1, field);
      case 0xcd:
        return this.unsigned(2, field);
      case 0xce:
        return this.unsigned(4, field);
      case 0xcf:
        return this.unsigned(4, field) * 0x1_0000_0000 + this.unsigned(4, field);
      case 0xd0:
        return this.bytes.readInt8(this.take(1, field));
      case 0xd1:
        return this.bytes.readInt16BE(this.take(2, field));
      case 0xd2:
        return this.bytes.readInt32BE(this.take(4, field));
      case 0xd3:
        return Number(this.bytes.readBigInt64BE(this.take(8, field)));
      case 0xca:
        return this.bytes.readFloatBE(this.take(4, field));
      case 0xcb:
        return this.bytes.readDoubleBE(this.take(8, field));
      default:
        throw wrongKind(field, 'a number', type);
    }
  }

  private span(field: string, expected: string): Span {
    const type = this.typeByte(field);
    const byteLength = this.spanLength(type, field, expected);
    const start = this.take(byteLength, field);
    return { start, end: start + byteLength };
  }

  private spanLength(type: number, field: string, expected: string): number {
    if (type >= 0xa0 && type <= 0xbf) return type & 0x1f;
    switch (type) {
      case 0xc4:
      case 0xd9:
        return this.unsigned(1, field);
      case 0xc5:
      case 0xda:
        return this.unsigned(2, field);
      case 0xc6:
      case 0xdb:
        return this.unsigned(4, field);
      default:
        throw wrongKind(field, expected, type);
    }
  }

  private nonAsciiText(field: string, start: number, end: number): string {
    if (!isUtf8(this.bytes.subarray(start, end)))
      throw new ChunkDecodeError(`cannot decode chunk: ${field} is not valid UTF-8`);
    return this.bytes.toString('utf8', start, end);
  }

  private typeByte(field: string): number {
    return this.bytes[this.take(1, field)]!;
  }

  private unsigned(byteLength: 1 | 2 | 4, field: string): number {
    const at = this.take(byteLength, field);
    if (byteLength === 1) return this.bytes[at]!;
    return byteLength === 2 ? this.bytes.readUInt16BE(at) : this.bytes.readUInt32BE(at);
  }

  /** Steps over `byteLength` bytes and returns where they start; refuses to step over the end. */
  private take(byteLength: number, field: string): number {
    const start = this.position;
    if (byteLength > this.bytes.length - start)
      throw new ChunkDecodeError(
        `cannot decode chunk: ${field} needs ${byteLength} more bytes, the message has ${this.bytes.length - start}`,
      );
    this.position = start + byteLength;
    return start;
  }
}

function wrongKind(field: string, expected: string, type: number): ChunkDecodeError {
  return new ChunkDecodeError(`cannot decode chunk: ${field}: expected ${expected}, found ${kindOf(type)}`);
}

/**
 * The kind of msgpack value that a first byte announces, in words. Source: the msgpack specification, formats
 * table.
 */
function kindOf(type: number): string {
  if (type <= 0x7f || type >= 0xe0 || (type >= 0xcc && type <= 0xd3)) return 'an integer';
  if (type <= 0x8f || type === 0xde || type === 0xdf) return 'a map';
  if (type <= 0x9f || type === 0xdc || type === 0xdd) return 'an array';
  if (type <= 0xbf || (type >= 0xd9 && type <= 0xdb)) return 'text';
  if (type === 0xc0) return 'nil';
  if (type === 0xc1) return 'the byte 0xc1, which msgpack does not use';
  if (type <= 0xc3) return 'a boolean';
  if (type <= 0xc6) return 'bytes';
  if (type === 0xca || type === 0xcb) return 'a float';
  return 'an extension value';
}
