import { hash } from 'node:crypto';

/** RFC 4648, "base32hex", in lower case: sorts like the bytes do. */
const base32HexDigits = '0123456789abcdefghijklmnopqrstuv';
const idLength = 26;

/**
 * Id of the result of one file: the same for the same content, path, class name and class version, whatever
 * crashed and whoever computed it, so that a reader can drop a repeated result.
 *
 * It is the first 130 bits of the SHA-256 over `r1` and the five parts as UTF-8, each preceded by its length in
 * 4 bytes, so that no two lists of parts give the same input. `r1` changes when this changes.
 *
 * @param name of the reproducer
 * @param version of the reproducer, as its author numbers it; empty when there is none
 * @param path of the file, as `safeFilePath` gives it
 * @param fileHash SHA-512 of the file
 * @param count number of chunks
 * @returns 26 characters of base32hex in lower case
 */
export function resultId(
  name: string,
  version: string,
  path: string,
  fileHash: Uint8Array,
  count: number,
): string {
  const input = [Buffer.from('r1')];
  for (const part of [name, version, path, fileHash, String(count)]) {
    const bytes = typeof part === 'string' ? Buffer.from(part) : part;
    const byteLength = Buffer.allocUnsafe(4);
    byteLength.writeUInt32BE(bytes.length);
    input.push(byteLength, Buffer.from(bytes));
  }
  return base32Hex(hash('sha256', Buffer.concat(input), 'buffer'), idLength);
}

/** The first `length` base32hex digits of `bytes`, most significant bit first. */
function base32Hex(bytes: Uint8Array, length: number): string {
  let digits = '';
  let bits = 0;
  let bitCount = 0;
  for (const byte of bytes) {
    bits = ((bits << 8) | byte) & 0xfff;
    bitCount += 8;
    while (bitCount >= 5) {
      bitCount -= 5;
      digits += base32HexDigits[(bits >> bitCount) & 31]!;
      if (digits.length === length) return digits;
    }
  }
  return digits;
}
