import { ConfigError } from '../../errors.js';

const decimalNumber = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

/**
 * Reads a decimal number. Stricter than `Number()`, which takes empty text for 0 and reads `0x10` and `Infinity`.
 *
 * @throws {ConfigError} saying what is expected; the caller adds which option and what was found (unless it is secret).
 */
export function parseNumber(text: string): number {
  const trimmed = text.trim();
  const value = decimalNumber.test(trimmed) ? Number(trimmed) : Number.NaN;
  if (!Number.isFinite(value)) throw new ConfigError('must be a number');
  return value;
}

/** Reads a whole number; `100.0` is one, because OpenMSIStream hands such values to librdkafka. @throws {ConfigError} */
export function parseWholeNumber(text: string): number {
  const trimmed = text.trim();
  const value = decimalNumber.test(trimmed) ? Number(trimmed) : Number.NaN;
  if (!Number.isSafeInteger(value)) throw new ConfigError('must be a whole number');
  return value;
}
