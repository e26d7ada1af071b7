import { ChunkDecodeError } from '../errors.js';
import { ChunkReader } from './chunk-reader.js';
import type { FileChunk } from './file-chunk.js';

const hashByteLength = 64;

/**
 * Decodes the value of one message into a file chunk.
 *
 * Accepts what OpenMSIStream's own reader accepts and a chunk can mean: 9 elements (older uploaders) or 10,
 * text and bytes in either msgpack family, whole floats for integers. Hashes are not recomputed and the path is
 * not judged here (`safeFilePath` does that): a caller that knows the chunk already can skip both. Costs
 * about half a microsecond whatever the size, because nothing is copied: `data` and both hashes are views into
 * `value`.
 *
 * `count` may be as large as an integer gets: nobody may allocate by it.
 *
 * @param value value of the Kafka message
 * @throws {ChunkDecodeError} it is not a chunk; says which field, what was expected and what was found. Not
 *   retriable.
 */
export function decodeChunk(value: Uint8Array | null): FileChunk {
  if (value === null) throw new ChunkDecodeError('cannot decode chunk: the message has no value');
  if (value.length === 0) throw new ChunkDecodeError('cannot decode chunk: the value is empty');
  const reader = new ChunkReader(value);
  const fieldCount = reader.arrayHeader();
  if (fieldCount !== 9 && fieldCount !== 10)
    throw new ChunkDecodeError(`cannot decode chunk: expected 9 or 10 fields, found ${fieldCount}`);

  const filename = reader.text('field 1 (filename)');
  if (filename === '') throw new ChunkDecodeError('cannot decode chunk: field 1 (filename) is empty');
  const fileHash = hash(reader, 'field 2 (file hash)');
  const chunkHash = hash(reader, 'field 3 (chunk hash)');
  const startByte = wholeNumber(reader, 'field 4 (start byte)', 0);
  const index = wholeNumber(reader, 'field 5 (chunk index)', 1);
  const count = wholeNumber(reader, 'field 6 (chunk count)', 1);
  if (index > count)
    throw new ChunkDecodeError(`cannot decode chunk: chunk index ${index} is above the chunk count ${count}`);
  const subdirectory = reader.text('field 7 (subdirectory)');
  const filenameAppend = reader.text('field 8 (filename append)');
  const data = reader.binary('field 9 (data)');
  checkRange(startByte, data.length);
  const modifiedAtSeconds = fieldCount === 10 ? reader.number('field 10 (modification time)') : 0;
  if (reader.remainingCount > 0)
    throw new ChunkDecodeError(
      `cannot decode chunk: ${reader.remainingCount} bytes follow the ${fieldCount} fields`,
    );

  // 0, negative and NaN mean "not known"; no clock shows infinity.
  const isTimeKnown = modifiedAtSeconds > 0 && modifiedAtSeconds !== Infinity;
  // Written out twice: spreading one into the other costs as much as the rest of the decoding.
  return isTimeKnown
    ? {
        filename,
        subdirectory,
        filenameAppend,
        fileHash,
        chunkHash,
        startByte,
        index,
        count,
        data,
        modifiedAtSeconds,
      }
    : { filename, subdirectory, filenameAppend, fileHash, chunkHash, startByte, index, count, data };
}

function hash(reader: ChunkReader, field: string): Uint8Array {
  const digest = reader.binary(field);
  if (digest.length !== hashByteLength)
    throw new ChunkDecodeError(
      `cannot decode chunk: ${field} has ${digest.length} bytes, a SHA-512 has ${hashByteLength}`,
    );
  return digest;
}

function wholeNumber(reader: ChunkReader, field: string, minimum: number): number {
  const number = reader.number(field);
  if (!Number.isSafeInteger(number) || number < minimum)
    throw new ChunkDecodeError(
      `cannot decode chunk: ${field}: expected a whole number from ${minimum} to ${Number.MAX_SAFE_INTEGER}, found ${number}`,
    );
  // A float -0.0 is a safe integer.
  return number === 0 ? 0 : number;
}

function checkRange(startByte: number, byteLength: number): void {
  if (byteLength === 0) throw new ChunkDecodeError('cannot decode chunk: field 9 (data) is empty');
  if (startByte + byteLength > Number.MAX_SAFE_INTEGER)
    throw new ChunkDecodeError(
      `cannot decode chunk: ${byteLength} bytes at start byte ${startByte} end beyond ${Number.MAX_SAFE_INTEGER}`,
    );
}
