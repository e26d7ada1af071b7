import { hash } from 'node:crypto';

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
 * @returns 26 characters of base32hex (RFC 4648) in lower case, which sort like the bytes do
 */
export function resultId(
  name: string,
  version: string,
  path: string,
  fileHash: Uint8Array,
  count: number,
): string {
  const parts = [
    Buffer.from(name),
    Buffer.from(version),
    Buffer.from(path),
    fileHash,
    Buffer.from(String(count)),
  ];
  const byteLength = parts.reduce((sum, part) => sum + 4 + part.length, 2);
  const input = Buffer.allocUnsafe(byteLength);
  let at = input.write('r1');
  for (const part of parts) {
    at = input.writeUInt32BE(part.length, at);
    input.set(part, at);
    at += part.length;
  }
  return base32Hex(hash('sha256', input, 'hex'));
}

/** The first 130 bits, most significant first: JavaScript writes numbers to the base of 32 with the same digits. */
function base32Hex(hex: string): string {
  const bits = BigInt(`0x${hex.slice(0, 33)}`) >> 2n;
  return bits.toString(32).padStart(idLength, '0');
}
