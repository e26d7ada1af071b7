import { hash } from 'node:crypto';

/**
 * Id of one version (one content of one path): the first 8 bytes of the SHA-256 over path, 0, file hash, 0,
 * count as decimal text.
 *
 * Stored in commit metadata and in the state topic, so it must never change. 8 bytes: with a million versions
 * the chance that any two are equal is below 1 in 30 million.
 *
 * @param path as `safeFilePath` gives it
 * @param fileHash SHA-512 of the file
 * @param count number of chunks
 * @returns 16 lower-case hex digits
 */
export function versionId(path: string, fileHash: Uint8Array, count: number): string {
  const tail = `\0${count}`;
  const pathByteLength = Buffer.byteLength(path);
  const input = Buffer.allocUnsafe(pathByteLength + 1 + fileHash.length + tail.length);
  input.write(path, 0, 'utf8');
  input[pathByteLength] = 0;
  input.set(fileHash, pathByteLength + 1);
  input.write(tail, pathByteLength + 1 + fileHash.length, 'latin1');
  return hash('sha256', input, 'hex').slice(0, 16);
}
