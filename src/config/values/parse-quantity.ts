import { parseNumber } from './parse-number.js';

/**
 * Reads a number and the unit behind it, in small or capital letters, with or without space between them.
 *
 * @param units by their names in small letters; the empty one is taken where no unit is written
 * @returns in the smallest unit, not rounded; undefined: it is no such text
 */
export function parseQuantity(text: string, units: ReadonlyMap<string, number>): number | undefined {
  const [, number = '', unit = ''] = /^(.*?)\s*([a-z]*)$/is.exec(text.trim()) ?? [];
  const factor = units.get(unit.toLowerCase());
  if (factor === undefined) return undefined;
  try {
    return parseNumber(number) * factor;
  } catch {
    // The caller says what is expected: more than a number.
    return undefined;
  }
}
