import { ConfigError } from '../../errors.js';
import { parseQuantity } from './parse-quantity.js';

const unitMs: ReadonlyMap<string, number> = new Map([
  ['', 1000],
  ['ms', 1],
  ['s', 1000],
  ['m', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
]);

/**
 * Reads a duration into milliseconds: `500ms`, `1.5s`, `10m`, `24h`, `7d`. A number without a unit is seconds, as in
 * OpenMSIStream's flags. Rounded to whole milliseconds.
 *
 * @throws {ConfigError} saying what is expected.
 */
export function parseDuration(text: string): number {
  const ms = Math.round(parseQuantity(text, unitMs) ?? Number.NaN);
  if (Number.isSafeInteger(ms) && ms >= 0) return ms;
  throw new ConfigError('must be a duration such as 500ms, 30s, 10m or 24h (a plain number is seconds)');
}
