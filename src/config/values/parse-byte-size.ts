import { ConfigError } from '../../errors.js';
import { parseQuantity } from './parse-quantity.js';

const prefixes = ['', 'k', 'm', 'g', 't'];
const units: ReadonlyMap<string, number> = new Map([
  ['', 1],
  ...prefixes.flatMap((prefix, power) => [
    [`${prefix}b`, 1000 ** power] as const,
    [`${prefix}ib`, 1024 ** power] as const,
  ]),
]);

/**
 * Reads a size into bytes: `64KiB` and `256MiB` count in 1024s, `64KB` and `2GB` in 1000s, a plain number is bytes.
 * `64K` is refused: it means 1024s to some programs and 1000s to others. Rounded down to whole bytes.
 *
 * @throws {ConfigError} saying what is expected.
 */
export function parseByteSize(text: string): number {
  const bytes = Math.floor(parseQuantity(text, units) ?? Number.NaN);
  if (Number.isSafeInteger(bytes) && bytes >= 0) return bytes;
  throw new ConfigError('must be a size such as 512KiB, 256MiB or 2GB (a plain number is bytes)');
}
