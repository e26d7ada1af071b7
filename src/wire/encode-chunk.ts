import { UnsafePathError } from '../errors.js';
import type { FileChunk } from './file-chunk.js';

export interface EncodeChunkOptions {
  /** Writes the 9 elements of older uploaders, without the modification time. Default false. */
  readonly legacy?: boolean;
}

const hashByteLength = 64;

/**
 * Encodes a file chunk as the value of a Kafka message, byte for byte as OpenMSIStream's uploaders do: 10
 * elements, integers in the smallest form, the modification time always as float64, 0.0 when it is not known.
 *
 * Written out by hand because a msgpack library picks the integer form for a whole modification time, and to
 * copy the data once only.
 *
 * @returns a buffer of its own; `chunk.data` may be reused
 * @throws {UnsafePathError} a name is not valid Unicode text (holds half a surrogate pair)
 * @throws {RangeError} a number or hash is out of the bounds of `FileChunk`: a bug of the caller
 */
export function encodeChunk(chunk: FileChunk, options: EncodeChunkOptions = {}): Buffer {
  checkChunk(chunk);
  const names = [chunk.filename, chunk.subdirectory, chunk.filenameAppend] as const;
  const nameByteLengths = names.map(name => Buffer.byteLength(name));
  // 1 array head, at most 5 per name and for the data, 66 per hash, 9 per number.
  const boundBytes = 1 + 3 * 5 + nameByteLengths.reduce((sum, byteLength) => sum + byteLength) + 132 + 36 + 5;
  const writer = new ChunkWriter(Buffer.allocUnsafe(boundBytes + chunk.data.length));
  writer.arrayHeader(options.legacy === true ? 9 : 10);
  writer.text(chunk.filename, nameByteLengths[0]!);
  writer.binary(chunk.fileHash);
  writer.binary(chunk.chunkHash);
  writer.unsigned(chunk.startByte);
  writer.unsigned(chunk.index);
  writer.unsigned(chunk.count);
  writer.text(chunk.subdirectory, nameByteLengths[1]!);
  writer.text(chunk.filenameAppend, nameByteLengths[2]!);
  writer.binary(chunk.data);
  if (options.legacy !== true) writer.float64(chunk.modifiedAtSeconds ?? 0);
  return writer.written();
}

/** Writes the msgpack forms that a chunk needs into a buffer that is large enough. */
class ChunkWriter {
  private position = 0;

  constructor(private readonly bytes: Buffer) {}

  written(): Buffer {
    return this.bytes.subarray(0, this.position);
  }

  arrayHeader(fieldCount: 9 | 10): void {
    this.position = this.bytes.writeUInt8(0x90 | fieldCount, this.position);
  }

  text(text: string, byteLength: number): void {
    if (byteLength < 32) this.position = this.bytes.writeUInt8(0xa0 | byteLength, this.position);
    else this.lengthHead(0xd9, byteLength);
    this.position += this.bytes.write(text, this.position, 'utf8');
  }

  binary(data: Uint8Array): void {
    this.lengthHead(0xc4, data.length);
    this.bytes.set(data, this.position);
    this.position += data.length;
  }

  unsigned(number: number): void {
    if (number < 0x80) this.position = this.bytes.writeUInt8(number, this.position);
    else if (number <= 0xffff_ffff) this.lengthHead(0xcc, number);
    else {
      this.position = this.bytes.writeUInt8(0xcf, this.position);
      this.position = this.bytes.writeBigUInt64BE(BigInt(number), this.position);
    }
  }

  float64(number: number): void {
    this.position = this.bytes.writeUInt8(0xcb, this.position);
    this.position = this.bytes.writeDoubleBE(number, this.position);
  }

  /**
   * `first`, `first + 1` or `first + 2` and the number in 1, 2 or 4 bytes: the layout of str, bin and uint
   * alike.
   */
  private lengthHead(first: number, number: number): void {
    const at = this.position;
    if (number <= 0xff) {
      this.bytes.writeUInt8(first, at);
      this.position = this.bytes.writeUInt8(number, at + 1);
    } else if (number <= 0xffff) {
      this.bytes.writeUInt8(first + 1, at);
      this.position = this.bytes.writeUInt16BE(number, at + 1);
    } else {
      this.bytes.writeUInt8(first + 2, at);
      this.position = this.bytes.writeUInt32BE(number, at + 1);
    }
  }
}

function checkChunk(chunk: FileChunk): void {
  for (const name of [chunk.filename, chunk.subdirectory, chunk.filenameAppend]) {
    if (/\p{Surrogate}/u.test(name))
      throw new UnsafePathError(
        `cannot encode chunk: ${JSON.stringify(name)} holds half a surrogate pair, which UTF-8 cannot express; rename the file`,
      );
  }
  if (chunk.filename === '') throw new RangeError('cannot encode chunk: filename is empty');
  for (const field of ['fileHash', 'chunkHash'] as const) {
    if (chunk[field].length !== hashByteLength)
      throw new RangeError(
        `cannot encode chunk: ${field}: expected ${hashByteLength} bytes, found ${chunk[field].length}`,
      );
  }
  checkNumbers(chunk);
}

function checkNumbers({ startByte, index, count, data }: FileChunk): void {
  if (data.length === 0) throw new RangeError('cannot encode chunk: data is empty');
  if (!Number.isSafeInteger(startByte) || startByte < 0 || !Number.isSafeInteger(startByte + data.length))
    throw new RangeError(`cannot encode chunk: startByte ${startByte} is not a byte offset`);
  if (!Number.isSafeInteger(count) || !Number.isSafeInteger(index) || index < 1 || index > count)
    throw new RangeError(`cannot encode chunk: index ${index} of count ${count} is not a chunk number`);
}
