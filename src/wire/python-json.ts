import { ResultError } from '../errors.js';
import { isPythonFloat, pythonFloatText } from './python-float.js';

/** Python's own encoder gives up at about 1,000. */
const maxDepth = 900;

/**
 * Writes a value as Python's `json.dumps` does with its defaults, byte for byte: `, ` and `: ` as separators,
 * insertion order, everything outside U+0020 to U+007E escaped.
 *
 * - A whole number is written as an integer with all its digits, any other as a float; `pythonFloat(1)` gives
 *   `1.0`.
 * - `-0`, `NaN` and the infinities can only be floats: `-0.0`, `NaN`, `Infinity` (JSON.parse does not read the
 *   latter, Python does).
 * - `bigint` is an integer. `toJSON()` is honoured, so a Date is its ISO text.
 * - The keys of a Map may be texts, numbers, booleans, null; they become text as in Python: `true`, `3`, `1.5`.
 *   A Map keeps its order, while a JavaScript object puts keys like `"3"` first.
 *
 * @throws {ResultError} JSON cannot express something in it: undefined, function, symbol, cycle, bytes, Set,
 *   ...; the message names the place, e.g. `value.peaks[3].area`
 */
export function pythonJson(value: unknown): string {
  return new JsonText().of(value, '');
}

/** One text in the making; knows the objects it is inside of. */
class JsonText {
  private readonly ancestors = new Set<object>();

  /** @param path of `value` below the root: `.peaks[3]` */
  of(value: unknown, path: string): string {
    switch (typeof value) {
      case 'string':
        return quoted(value);
      case 'number':
        return numberText(value);
      case 'boolean':
      case 'bigint':
        return String(value);
      case 'object':
        return value === null ? 'null' : this.ofObject(value, path);
      case 'undefined':
      case 'function':
      case 'symbol':
        throw inexpressible(path, typeof value === 'undefined' ? 'is undefined' : `is a ${typeof value}`);
    }
  }

  private ofObject(object: object, path: string): string {
    if (isPythonFloat(object)) return pythonFloatText(object.value);
    if (this.ancestors.has(object)) throw inexpressible(path, 'contains itself');
    if (this.ancestors.size >= maxDepth)
      throw inexpressible(`${path.slice(0, 60)}…`, `is nested deeper than ${maxDepth} levels`);
    this.ancestors.add(object);
    const text = this.ofContainer(object, path);
    this.ancestors.delete(object);
    return text;
  }

  private ofContainer(object: object, path: string): string {
    if (hasToJson(object)) return this.of(object.toJSON(), path);
    if (Array.isArray(object)) {
      const items = Array.from(object, (item, index) => this.of(item, `${path}[${index}]`));
      return `[${items.join(', ')}]`;
    }
    if (object instanceof Map) return this.ofEntries(object, path);
    const tag = Object.prototype.toString.call(object).slice('[object '.length, -1);
    if (tag !== 'Object')
      throw inexpressible(path, `is a ${ArrayBuffer.isView(object) ? object.constructor.name : tag}`);
    return this.ofEntries(Object.entries(object), path);
  }

  private ofEntries(entries: Iterable<readonly [unknown, unknown]>, path: string): string {
    const members: string[] = [];
    for (const [key, value] of entries) {
      const keyText = keyTextOf(key, path);
      members.push(`${quoted(keyText)}: ${this.of(value, path + memberPath(keyText))}`);
    }
    return `{${members.join(', ')}}`;
  }
}

/** Bytes are left out although Buffer has `toJSON`: a list of numbers is never what was meant. */
function hasToJson(object: object): object is { toJSON(): unknown } {
  return 'toJSON' in object && typeof object.toJSON === 'function' && !ArrayBuffer.isView(object);
}

function numberText(value: number): string {
  if (!Number.isInteger(value) || Object.is(value, -0)) return pythonFloatText(value);
  return Number.isSafeInteger(value) ? String(value) : String(BigInt(value));
}

function keyTextOf(key: unknown, path: string): string {
  if (typeof key === 'string') return key;
  if (typeof key === 'number') return numberText(key);
  if (typeof key === 'boolean' || typeof key === 'bigint' || key === null) return String(key);
  if (isPythonFloat(key)) return pythonFloatText(key.value);
  const found = key === undefined ? 'undefined' : `of type ${typeof key}`;
  throw inexpressible(path, `has a key that is ${found}, not text, number, boolean or null`);
}

function memberPath(key: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
}

const shortEscapes: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\b': '\\b',
  '\f': '\\f',
};

function quoted(text: string): string {
  return `"${text.replace(/[^\x20-\x7e]|["\\]/g, escaped)}"`;
}

function escaped(codeUnit: string): string {
  return shortEscapes[codeUnit] ?? `\\u${codeUnit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

function inexpressible(path: string, problem: string): ResultError {
  return new ResultError(`cannot write the result as JSON: value${path} ${problem}`);
}
