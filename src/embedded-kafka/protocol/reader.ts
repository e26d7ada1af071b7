import { MalformedRequestError } from './malformed-request-error.js';

/** What a name in a request is the name of. */
export type NameKind = 'topic' | 'topic-id' | 'group' | 'transactional-id';

/**
 * Reads the fields of one request, in order.
 *
 * The protocol has two encodings of the same fields: classic, and flexible (compact lengths, and tagged fields after
 * every structure). `flexible` chooses once per request, so an API describes its fields once for all its versions.
 * Every length is checked against the bytes that are there before anything is allocated.
 *
 * All methods throw `MalformedRequestError` when the bytes end early or a length makes no sense.
 */
export class RequestReader {
  private position = 0;
  /** Told of the names that are read with their kind: how a test finds out what a request is about. */
  onName: ((kind: NameKind, name: string) => void) | undefined;

  constructor(
    readonly bytes: Buffer,
    public flexible = false,
  ) {}

  /** Another reader that goes on from here. */
  fork(): RequestReader {
    const copy = new RequestReader(this.bytes, this.flexible);
    copy.position = this.position;
    return copy;
  }

  get remainingCount(): number {
    return this.bytes.length - this.position;
  }

  int8(): number {
    return this.bytes.readInt8(this.advance(1));
  }

  int16(): number {
    return this.bytes.readInt16BE(this.advance(2));
  }

  int32(): number {
    return this.bytes.readInt32BE(this.advance(4));
  }

  int64(): bigint {
    return this.bytes.readBigInt64BE(this.advance(8));
  }

  float64(): number {
    return this.bytes.readDoubleBE(this.advance(8));
  }

  boolean(): boolean {
    return this.int8() !== 0;
  }

  /** A topic id, as 32 hexadecimal digits. */
  uuid(kind?: NameKind): string {
    const start = this.advance(16);
    const id = this.bytes.toString('hex', start, start + 16);
    this.noteName(kind, id);
    return id;
  }

  unsignedVarint(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.bytes[this.advance(1)]!;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    throw new MalformedRequestError('varint longer than 5 bytes');
  }

  /** @param kind - what the string names, if it names something that a test may ask for */
  string(kind?: NameKind): string {
    return this.nullableString(kind) ?? fail('a string is null where the protocol allows none');
  }

  nullableString(kind?: NameKind): string | null {
    const length = this.flexible ? this.unsignedVarint() - 1 : this.int16();
    const value = this.text(length);
    this.noteName(kind, value);
    return value;
  }

  /** Says what an already read string names, where the request tells its kind only afterwards. */
  noteName(kind: NameKind | undefined, name: string | null): void {
    if (kind !== undefined && name !== null) this.onName?.(kind, name);
  }

  /** The client id of a request header: never compact, whatever the version. */
  classicNullableString(): string | null {
    return this.text(this.int16());
  }

  bytesField(): Buffer {
    return this.nullableBytes() ?? fail('a bytes field is null where the protocol allows none');
  }

  /** A view into the request, not a copy. */
  nullableBytes(): Buffer | null {
    const length = this.flexible ? this.unsignedVarint() - 1 : this.int32();
    if (length < 0) return null;
    const start = this.advance(length);
    return this.bytes.subarray(start, start + length);
  }

  /** An array of single values; `read` must consume at least one byte per element. */
  array<T>(read: (reader: this) => T): T[] {
    return this.nullableArray(read) ?? [];
  }

  nullableArray<T>(read: (reader: this) => T): T[] | null {
    const count = this.flexible ? this.unsignedVarint() - 1 : this.int32();
    if (count < 0) return null;
    if (count > this.remainingCount)
      fail(`an array claims ${count} elements in ${this.remainingCount} bytes`);
    const elements: T[] = [];
    for (let index = 0; index < count; index++) elements.push(read(this));
    return elements;
  }

  /** An array of structures, each of which ends with tagged fields in flexible versions. */
  structs<T>(read: (reader: this) => T): T[] {
    return this.nullableStructs(read) ?? [];
  }

  nullableStructs<T>(read: (reader: this) => T): T[] | null {
    return this.nullableArray(() => {
      const element = read(this);
      this.skipTags();
      return element;
    });
  }

  /** Steps over tagged fields: none of those that clients send changes what this broker does. */
  skipTags(): void {
    if (!this.flexible) return;
    const count = this.unsignedVarint();
    for (let index = 0; index < count; index++) {
      this.unsignedVarint();
      this.advance(this.unsignedVarint());
    }
  }

  private text(length: number): string | null {
    if (length < 0) return null;
    const start = this.advance(length);
    return this.bytes.toString('utf8', start, start + length);
  }

  private advance(length: number): number {
    const start = this.position;
    if (start + length > this.bytes.length) {
      fail(`a field of ${length} bytes starts at byte ${start} of ${this.bytes.length}`);
    }
    this.position = start + length;
    return start;
  }
}

function fail(message: string): never {
  throw new MalformedRequestError(message);
}
