import { types } from 'node:util';
import { ResultError } from '../errors.js';
import { problemOfValue, problemWithin } from './value-problems.js';

/**
 * What can be the value of one message: a text (as UTF-8), bytes (as they are), or anything else that `JSON.stringify`
 * expresses: numbers, booleans, objects, arrays, objects with `toJSON` such as Date.
 */
export type ResultValue = string | number | boolean | object;

const utf8 = new TextEncoder();

/**
 * The bytes of one value, in memory of their own: they may be transferred to another thread, and what the caller does
 * to its buffer later changes nothing.
 *
 * @param where names the value in errors: `item 3 of what PeakFinder.findPeaks returned`
 * @throws {ResultError} it cannot be a message; the text says what to return instead
 */
export function encodeValue(value: unknown, where: string): Uint8Array {
  const problem = problemOfValue(value, where);
  if (problem !== undefined) throw new ResultError(problem);
  if (typeof value === 'string') return utf8.encode(value);
  if (value instanceof Uint8Array) return new Uint8Array(value);
  if (types.isAnyArrayBuffer(value)) return new Uint8Array(value).slice();
  return utf8.encode(jsonText(value, where));
}

/** Texts and keys go the same way. */
export function encodeText(text: string): Uint8Array {
  return utf8.encode(text);
}

function jsonText(value: unknown, where: string): string {
  let text: unknown;
  let problem: string | undefined;
  try {
    problem = typeof value === 'object' && value !== null ? problemWithin(value, where) : undefined;
    text = problem ?? JSON.stringify(value);
  } catch (error) {
    throw new ResultError(`${where} cannot be written as JSON`, { cause: error });
  }
  if (problem !== undefined) throw new ResultError(problem);
  if (typeof text !== 'string')
    throw new ResultError(`${where} cannot be written as JSON: its toJSON() gave nothing`);
  return text;
}
