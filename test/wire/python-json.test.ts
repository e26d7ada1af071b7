import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { ResultError } from '../../src/errors.js';
import { pythonFloat } from '../../src/wire/python-float.js';
import { pythonJson } from '../../src/wire/python-json.js';

/**
 * 260 doubles (hex of their 8 bytes, big-endian) and the text that `json.dumps` of CPython 3.11 gives for each: border cases,
 * random bit patterns, random numbers of everyday size.
 */
const pythonFloats = JSON.parse(readFileSync(new URL('python-floats.json', import.meta.url), 'utf8')) as [
  string,
  string,
][];

function refusal(value: unknown): string {
  try {
    return `accepted: ${pythonJson(value)}`;
  } catch (error) {
    if (error instanceof ResultError) return error.message;
    throw error;
  }
}

describe('pythonJson', () => {
  it('writes the vector of the format description', () => {
    const vector = new Map<unknown, unknown>([
      ['n', 70],
      ['f', pythonFloat(1)],
      ['u', 'é'],
      ['nan', Number.NaN],
      [3, true],
    ]);
    expect(pythonJson(vector)).toBe('{"n": 70, "f": 1.0, "u": "\\u00e9", "nan": NaN, "3": true}');
  });

  it('knows the floats that another copy of the package made, as values and as keys', async () => {
    vi.resetModules();
    const other = await import('../../src/wire/python-float.js');
    expect(other.pythonFloat).not.toBe(pythonFloat);
    const one = other.pythonFloat(1);
    expect(pythonJson(new Map<unknown, unknown>([[one, [one]]]))).toBe('{"1.0": [1.0]}');
  });

  it('writes floats as Python does', () => {
    for (const [bits, text] of pythonFloats)
      expect(pythonJson(pythonFloat(Buffer.from(bits, 'hex').readDoubleBE()))).toBe(text);
  });

  it.each<[unknown, string]>([
    [1, '1'],
    [-3, '-3'],
    [0, '0'],
    [-0, '-0.0'],
    [2 ** 53, '9007199254740992'],
    [1e21, '1000000000000000000000'],
    [2n ** 70n, '1180591620717411303424'],
    [1.5, '1.5'],
    [1e-7, '1e-07'],
    [Infinity, 'Infinity'],
    [-Infinity, '-Infinity'],
    [Number.NaN, 'NaN'],
    ['', '""'],
    [null, 'null'],
    [false, 'false'],
    [[], '[]'],
    [{}, '{}'],
    [new Map(), '{}'],
    [[1, [2, {}], 'x'], '[1, [2, {}], "x"]'],
    [{ b: 1, a: { c: null } }, '{"b": 1, "a": {"c": null}}'],
    [new Date(0), '"1970-01-01T00:00:00.000Z"'],
    [{ when: new Date(Number.NaN) }, '{"when": null}'],
    [Object.assign(Object.create(null), { a: 1 }), '{"a": 1}'],
    ['\u0000\u001f\b\f\n\r\t"\\/~\u007f', '"\\u0000\\u001f\\b\\f\\n\\r\\t\\"\\\\/~\\u007f"'],
    ['\u2028😀\ud83d', '"\\u2028\\ud83d\\ude00\\ud83d"'],
  ])('writes %s as %s', (value, text) => {
    expect(pythonJson(value)).toBe(text);
  });

  it('writes keys that are not text as Python does', () => {
    const keys = new Map<unknown, number>([
      [3, 1],
      [true, 2],
      [null, 3],
      [1.5, 4],
      [pythonFloat(1), 5],
      [2n ** 64n, 6],
      ['é', 7],
    ]);
    expect(pythonJson(keys)).toBe(
      '{"3": 1, "true": 2, "null": 3, "1.5": 4, "1.0": 5, "18446744073709551616": 6, "\\u00e9": 7}',
    );
  });

  it('writes own fields of a class instance, and one object in two places twice', () => {
    class Peak {
      readonly height = 5;
    }
    const peak = new Peak();
    expect(pythonJson([peak, peak])).toBe('[{"height": 5}, {"height": 5}]');
  });

  const cycle: Record<string, unknown> = { list: [] };
  (cycle.list as unknown[]).push(1, { back: cycle });
  it.each<[string, unknown, string]>([
    ['undefined', undefined, 'value is undefined'],
    ['undefined in an object', { peaks: [{ area: undefined }] }, 'value.peaks[0].area is undefined'],
    ['a hole in a list', { list: [1, , 3] }, 'value.list[1] is undefined'], // eslint-disable-line no-sparse-arrays
    ['a function', { run: () => 1 }, 'value.run is a function'],
    ['a symbol', [Symbol('s')], 'value[0] is a symbol'],
    ['a cycle', cycle, 'value.list[1].back contains itself'],
    ['bytes', { raw: Buffer.from('x') }, 'value.raw is a Buffer'],
    ['a typed array', [new Float64Array(1)], 'value[0] is a Float64Array'],
    ['a Set', { 'strange key': new Set([1]) }, 'value["strange key"] is a Set'],
    ['a Promise', { later: Promise.resolve(1) }, 'value.later is a Promise'],
    ['an Error', new TypeError('x'), 'value is a Error'],
    [
      'an object as key',
      new Map([[{}, 1]]),
      'value has a key that is of type object, not text, number, boolean or null',
    ],
    [
      'undefined as key',
      { m: new Map([[undefined, 1]]) },
      'value.m has a key that is undefined, not text, number, boolean or null',
    ],
  ])('refuses %s', (_, value, reason) => {
    expect(refusal(value)).toBe(`cannot write the result as JSON: ${reason}`);
  });

  it('refuses nesting that Python could not write either', () => {
    let nested: unknown[] = [];
    for (let depth = 0; depth < 100_000; depth++) nested = [nested];
    expect(refusal(nested)).toMatch(/is nested deeper than 900 levels$/);
  });

  it('is plain JSON for values without NaN and infinities', () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), value => {
        const text = pythonJson(value);
        expect(JSON.parse(text)).toEqual(value);
        expect(text).toMatch(/^[\x20-\x7e]*$/);
      }),
    );
  });

  it('reads back every float exactly', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), value => {
        const text = pythonJson(pythonFloat(value));
        expect(Object.is(JSON.parse(text), value)).toBe(true);
        expect(text).toMatch(/[.e]/);
      }),
      { numRuns: 1_000 },
    );
  });
});
