import { types } from 'node:util';
import { ResultError } from '../errors.js';
import { DataFile } from './data-file.js';

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
  try {
    text = JSON.stringify(value);
  } catch (error) {
    throw new ResultError(`${where} cannot be written as JSON`, { cause: error });
  }
  if (typeof text !== 'string')
    throw new ResultError(`${where} cannot be written as JSON: its toJSON() gave nothing`);
  return text;
}

/**
 * Why a value cannot be a message, or undefined. Refuses what `JSON.stringify` would turn into something that looks like
 * a result and is none: `{}` for a Map, `null` for NaN, one number per byte for a typed array.
 */
export function problemOfValue(value: unknown, where: string): string | undefined {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return undefined;
    case 'number':
      return Number.isFinite(value) ? undefined : `${where} is ${value}, which JSON cannot express`;
    case 'bigint':
      return `${where} is a bigint, which JSON cannot express: use Number(value) or String(value)`;
    case 'object':
      return value === null ? problemOfNothing('null', where) : problemOfObject(value, where);
    case 'undefined':
      return problemOfNothing('undefined', where);
    case 'function':
    case 'symbol':
      return `${where} is a ${typeof value}: expected a string, bytes, or a value that JSON can express`;
  }
}

function problemOfNothing(name: string, where: string): string {
  return `${where} is ${name}: leave it out, or use new ResultMessage({ value: null }) for a tombstone`;
}

function problemOfObject(value: object, where: string): string | undefined {
  if (value instanceof Uint8Array || types.isAnyArrayBuffer(value)) return undefined;
  if ('toJSON' in value && typeof value.toJSON === 'function') return undefined;
  if (ArrayBuffer.isView(value))
    return (
      `${where} is a ${value.constructor.name}: for its bytes use new Uint8Array(x.buffer, x.byteOffset, x.byteLength), ` +
      'for its numbers as JSON { values: Array.from(x) }'
    );
  if (value instanceof DataFile)
    return `${where} is the DataFile itself: use file.bytes for its content, or the fields you need`;
  if (types.isPromise(value)) {
    // It is dropped here; a rejection nobody handles would end the process.
    value.catch(() => undefined);
    return `${where} is a Promise: await it first`;
  }
  if (types.isMap(value)) return `${where} is a Map: use Object.fromEntries(map)`;
  if (types.isSet(value)) return `${where} is a Set: use Array.from(set)`;
  if (types.isNativeError(value)) return `${where} is an Error: throw it instead`;
  return undefined;
}
