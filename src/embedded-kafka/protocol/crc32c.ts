const polynomial = 0x82f63b78;
const tableCount = 16;

/** `tables[k * 256 + b]` is the checksum of byte `b` followed by `k` zero bytes. */
const tables = buildTables();

function buildTables(): Int32Array {
  const result = new Int32Array(tableCount * 256);
  for (let byte = 0; byte < 256; byte++) {
    let value = byte;
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ polynomial : value >>> 1;
    result[byte] = value;
  }
  for (let index = 256; index < result.length; index++) {
    const previous = result[index - 256]!;
    result[index] = (previous >>> 8) ^ result[previous & 0xff]!;
  }
  return result;
}

const isLittleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/**
 * CRC-32C (Castagnoli), the checksum of record batches.
 *
 * Node's zlib has only the other CRC-32. Sixteen bytes per step ("slicing by 16"), read as aligned 32-bit words:
 * this check sees every byte that is produced.
 */
export function crc32c(bytes: Uint8Array): number {
  let crc = -1;
  let at = 0;
  const end = bytes.length;
  if (isLittleEndian && end >= 32) {
    while ((bytes.byteOffset + at) % 4 !== 0) crc = (crc >>> 8) ^ tables[(crc ^ bytes[at++]!) & 0xff]!;
    const words = new Int32Array(bytes.buffer, bytes.byteOffset + at, ((end - at) >> 4) << 2);
    crc = checksumWords(words, crc);
    at += words.length * 4;
  }
  while (at < end) crc = (crc >>> 8) ^ tables[(crc ^ bytes[at++]!) & 0xff]!;
  return ~crc >>> 0;
}

/** @param words - a multiple of four little-endian words */
function checksumWords(words: Int32Array, start: number): number {
  const t = tables;
  let crc = start;
  for (let index = 0; index < words.length; index += 4) {
    const a = crc ^ words[index]!;
    const b = words[index + 1]!;
    const c = words[index + 2]!;
    const d = words[index + 3]!;
    crc =
      t[3840 + (a & 0xff)]! ^
      t[3584 + ((a >>> 8) & 0xff)]! ^
      t[3328 + ((a >>> 16) & 0xff)]! ^
      t[3072 + (a >>> 24)]! ^
      t[2816 + (b & 0xff)]! ^
      t[2560 + ((b >>> 8) & 0xff)]! ^
      t[2304 + ((b >>> 16) & 0xff)]! ^
      t[2048 + (b >>> 24)]! ^
      t[1792 + (c & 0xff)]! ^
      t[1536 + ((c >>> 8) & 0xff)]! ^
      t[1280 + ((c >>> 16) & 0xff)]! ^
      t[1024 + (c >>> 24)]! ^
      t[768 + (d & 0xff)]! ^
      t[512 + ((d >>> 8) & 0xff)]! ^
      t[256 + ((d >>> 16) & 0xff)]! ^
      t[d >>> 24]!;
  }
  return crc;
}
