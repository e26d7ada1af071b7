import { UnsafePathError } from '../errors.js';

/**
 * Inserts the append text between a filename's stem and its last suffix, as Python's pathlib sees them: a
 * leading dot and a trailing dot begin no suffix.
 *
 * | filename | append | result |
 * |---|---|---|
 * | `f.txt` | `_v2` | `f_v2.txt` |
 * | `f.tar.gz` | `_v2` | `f.tar_v2.gz` |
 * | `noext` | `_v2` | `noext_v2` |
 * | `.hidden` | `_v2` | `.hidden_v2` |
 *
 * @param append empty: the filename comes back unchanged
 * @throws {UnsafePathError} the append text holds `/`, `\` or a zero byte: the result would not be one name
 */
export function insertAppend(filename: string, append: string): string {
  if (append === '') return filename;
  if (/[/\\\0]/.test(append))
    throw new UnsafePathError(
      `unsafe filename append ${JSON.stringify(append.slice(0, 100))}: it must be part of one name, without / \\ or a zero byte`,
    );
  const dot = filename.lastIndexOf('.');
  const stemLength = dot > 0 && dot < filename.length - 1 ? dot : filename.length;
  return filename.slice(0, stemLength) + append + filename.slice(stemLength);
}
