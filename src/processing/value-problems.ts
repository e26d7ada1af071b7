import { types } from 'node:util';
import { DataFile } from './data-file.js';

/**
 * Why a value cannot be a message, or undefined. Refuses what `JSON.stringify` would turn into something that looks like
 * a result and is none: `{}` for a Map, `null` for NaN, one number per byte for a typed array. What lies inside of it is not
 * looked at.
 *
 * @param where names the value: `item 3 of what PeakFinder.findPeaks returned`
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

/**
 * The first value inside of an object or array that JSON cannot hold, or undefined. As in JSON everywhere, properties without a
 * value and functions are left out.
 *
 * @param where names the outer value; the text begins with `peaks[3].height of <where>`
 */
export function problemWithin(value: object, where: string): string | undefined {
  return searchContainer(value, { where, path: [], around: [] });
}

/** Where a search is: changed while it goes down and up, as a copy for each object would take as long as writing the JSON. */
interface Search {
  readonly where: string;
  readonly path: PropertyKey[];
  readonly around: object[];
}

function searchContainer(container: object, search: Search): string | undefined {
  if (hasToJson(container)) return undefined;
  search.around.push(container);
  const found = Array.isArray(container)
    ? searchArray(container, search)
    : searchObject(container as Record<string, unknown>, search);
  search.around.pop();
  return found;
}

function searchArray(items: readonly unknown[], search: Search): string | undefined {
  for (let index = 0; index < items.length; index += 1) {
    const item = items[index];
    const found = isFine(item) ? undefined : searchValue(index, item, search);
    if (found !== undefined) return found;
  }
  return undefined;
}

function searchObject(object: Record<string, unknown>, search: Search): string | undefined {
  for (const key of Object.keys(object)) {
    const value = object[key];
    const found = isFine(value) ? undefined : searchValue(key, value, search);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** What most values are. */
function isFine(value: unknown): boolean {
  return typeof value === 'number' ? Number.isFinite(value) : typeof value === 'string' || value === null;
}

function searchValue(key: PropertyKey, value: unknown, search: Search): string | undefined {
  search.path.push(key);
  const found =
    problemOfInner(value, search) ??
    (typeof value === 'object' && value !== null ? searchContainer(value, search) : undefined);
  search.path.pop();
  return found;
}

function problemOfInner(value: unknown, search: Search): string | undefined {
  const place = (): string => `${pathText(search.path)} of ${search.where}`;
  if (typeof value === 'number' && !Number.isFinite(value))
    return `${place()} is ${value}, which JSON cannot express: use null`;
  if (typeof value === 'bigint') return problemOfValue(value, place());
  if (typeof value !== 'object' || value === null) return undefined;
  const depth = search.around.indexOf(value);
  if (depth !== -1) {
    const outer = depth === 0 ? '' : `${pathText(search.path.slice(0, depth))} of `;
    return `${place()} is again ${outer}${search.where}: JSON cannot express a circle; leave one of them out`;
  }
  return problemOfInnerObject(value, place);
}

function problemOfInnerObject(value: object, place: () => string): string | undefined {
  // Most are one of these, and a place is a text to be made.
  if (Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype) return undefined;
  if (types.isDate(value)) {
    return Number.isNaN(value.getTime()) ? `${place()} is an invalid Date: use null` : undefined;
  }
  if (hasToJson(value)) return undefined;
  if (value instanceof Uint8Array || types.isAnyArrayBuffer(value))
    return `${place()} is bytes: use Buffer.from(x).toString('base64')`;
  if (ArrayBuffer.isView(value)) return `${place()} is a ${value.constructor.name}: use Array.from(x)`;
  if (types.isMapIterator(value) || types.isSetIterator(value) || types.isGeneratorObject(value))
    return `${place()} is an iterator: use Array.from(x)`;
  if (types.isNativeError(value)) return `${place()} is an Error: use its message`;
  return problemOfObject(value, place());
}

function problemOfNothing(name: string, where: string): string {
  return `${where} is ${name}: leave it out, or use new ResultMessage({ value: null }) for a tombstone`;
}

function problemOfObject(value: object, where: string): string | undefined {
  if (value instanceof Uint8Array || types.isAnyArrayBuffer(value)) return undefined;
  if (types.isDate(value) && Number.isNaN(value.getTime())) return `${where} is an invalid Date`;
  if (hasToJson(value)) return undefined;
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
  if (types.isRegExp(value)) return `${where} is a RegExp: use String(x)`;
  if (types.isBoxedPrimitive(value)) return `${where} is a ${value.constructor.name} object: use x.valueOf()`;
  if (types.isMap(value)) return `${where} is a Map: use Object.fromEntries(map)`;
  if (types.isSet(value)) return `${where} is a Set: use Array.from(set)`;
  if (types.isNativeError(value)) return `${where} is an Error: throw it instead`;
  return undefined;
}

function hasToJson(value: object): boolean {
  return 'toJSON' in value && typeof value.toJSON === 'function';
}

/** As it is written in the language: `peaks[3].height`. */
function pathText(path: readonly PropertyKey[]): string {
  return path
    .map((key, index) => {
      if (typeof key === 'number') return `[${key}]`;
      const name = String(key);
      if (!/^[\p{L}_$][\p{L}\p{N}_$]{0,60}$/u.test(name)) return `[${JSON.stringify(name.slice(0, 60))}]`;
      return index === 0 ? name : `.${name}`;
    })
    .join('');
}
