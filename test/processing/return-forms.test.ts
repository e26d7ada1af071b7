import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { ProcessorContext } from '../../src/processing/processor-context.js';
import { ResultMessage } from '../../src/processing/result-message.js';
import {
  failureOf,
  harness,
  fileReady,
  messagesOf,
  outcomeOfReturning,
  valuesOf,
  type FindPeaks,
} from './fixtures.js';

const valuesReturned = async (findPeaks: FindPeaks) => valuesOf(await outcomeOfReturning(findPeaks));
const failureReturning = async (value: unknown) => failureOf(await outcomeOfReturning(() => value));

describe('a method that returns one value', () => {
  it.each<[string, unknown, string]>([
    ['a string', 'höhe', 'höhe'],
    ['an empty string', '', ''],
    ['a Buffer', Buffer.from('bytes'), 'bytes'],
    ['a view into a larger buffer', new Uint8Array(Buffer.from('..bytes..')).subarray(2, 7), 'bytes'],
    ['an ArrayBuffer', new Uint8Array([104, 105]).buffer, 'hi'],
    ['a number', 42.5, '42.5'],
    ['a boolean', false, 'false'],
    ['an object', { peaks: [1, 2], name: 'ü' }, '{"peaks":[1,2],"name":"ü"}'],
    ['a Date', new Date(0), '"1970-01-01T00:00:00.000Z"'],
    [
      'an iterable with toJSON',
      Object.assign(new Set([1]), { toJSON: () => ({ list: [1] }) }),
      '{"list":[1]}',
    ],
    ['a promise of a value', Promise.resolve('later'), 'later'],
  ])('makes one message of %s', async (_, value, expected) => {
    expect(await valuesReturned(() => value)).toEqual([expected]);
  });

  it('gives each message memory of its own, so that it can be transferred and the method may reuse its buffer', async () => {
    const shared = Buffer.from('abc');
    const outcome = await outcomeOfReturning(function* () {
      yield shared;
      shared.fill('x');
      yield new ResultMessage({ value: shared, key: shared });
    });
    expect(valuesOf(outcome)).toEqual(['abc', 'xxx']);
    for (const { value, key } of messagesOf(outcome)) {
      expect(value!.byteLength).toBe(value!.buffer.byteLength);
      expect(key!.byteLength).toBe(key!.buffer.byteLength);
    }
  });
});

describe('a method that returns several values', () => {
  it('makes one message of each item of an array, and JSON of an array inside it', async () => {
    expect(await valuesReturned(() => ['a', 1, [1, 2], { b: 2 }, Buffer.from('c')])).toEqual([
      'a',
      '1',
      '[1,2]',
      '{"b":2}',
      'c',
    ]);
  });

  it('takes an empty array as done without messages', async () => {
    expect(await outcomeOfReturning(() => [])).toEqual({ kind: 'done', messages: [] });
  });

  it('awaits promises in an array', async () => {
    expect(await valuesReturned(() => [Promise.resolve('a'), Promise.resolve('b')])).toEqual(['a', 'b']);
  });

  it.each<[string, FindPeaks]>([
    [
      'a generator',
      function* () {
        yield* ['a', { b: 1 }];
      },
    ],
    [
      'an async generator',
      async function* () {
        await Promise.resolve();
        yield 'a';
        yield { b: 1 };
      },
    ],
    ['a Set', () => new Set<unknown>(['a', { b: 1 }])],
    ['an object-mode stream', () => Readable.from(['a', { b: 1 }])],
  ])('reads %s to its end', async (_, findPeaks) => {
    expect(await valuesReturned(findPeaks)).toEqual(['a', '{"b":1}']);
  });

  it('encodes each item as it is yielded', async () => {
    expect(
      await valuesReturned(function* () {
        const row = { n: 0 };
        while (row.n < 3) {
          row.n += 1;
          yield row;
        }
      }),
    ).toEqual(['{"n":1}', '{"n":2}', '{"n":3}']);
  });

  it('counts what a generator throws as thrown by the method', async () => {
    const outcome = await outcomeOfReturning(function* () {
      yield 'a';
      throw new Error('second row is broken');
    });
    expect(failureOf(outcome)).toBe('threw: second row is broken');
  });

  it('lets a generator clean up when an item cannot be a message', async () => {
    let hasCleanedUp = false;
    const outcome = await outcomeOfReturning(function* () {
      try {
        yield 1n;
      } finally {
        hasCleanedUp = true;
      }
    });
    expect(hasCleanedUp).toBe(true);
    expect(outcome.kind).toBe('failed');
  });
});

describe('what cannot be a message', () => {
  const returned = 'bad-result: what PeakFinder.findPeaks returned';
  const item = 'bad-result: item 1 of what PeakFinder.findPeaks returned';
  const cyclic: Record<string, unknown> = {};
  cyclic.self = cyclic;
  const innerCycle: Record<string, unknown> = {};
  innerCycle.b = { c: innerCycle };

  it.each<[string, unknown, string]>([
    [
      'a bigint',
      1n,
      `${returned} is a bigint, which JSON cannot express: use Number(value) or String(value)`,
    ],
    ['NaN', NaN, `${returned} is NaN, which JSON cannot express`],
    [
      'a function',
      () => 1,
      `${returned} is a function: expected a string, bytes, or a value that JSON can express`,
    ],
    [
      'a symbol',
      Symbol('s'),
      `${returned} is a symbol: expected a string, bytes, or a value that JSON can express`,
    ],
    ['a Map', new Map(), `${returned} is a Map: use Object.fromEntries(map)`],
    ['an Error', new Error('x'), `${returned} is an Error: throw it instead`],
    [
      'a Float64Array',
      new Float64Array(2),
      `${returned} is a Float64Array: for its bytes use new Uint8Array(x.buffer, x.byteOffset, x.byteLength), ` +
        'for its numbers as JSON { values: Array.from(x) }',
    ],
    ['a RegExp', /x/, `${returned} is a RegExp: use String(x)`],
    ['a String object', new String('abc'), `${returned} is a String object: use x.valueOf()`],
    ['an invalid Date', new Date(NaN), `${returned} is an invalid Date`],
    [
      'a toJSON without result',
      { toJSON: () => undefined },
      `${returned} cannot be written as JSON: its toJSON() gave nothing`,
    ],
    [
      'null among items',
      ['a', null],
      `${item} is null: leave it out, or use new ResultMessage({ value: null }) for a tombstone`,
    ],
    [
      'undefined among items',
      ['a', undefined],
      `${item} is undefined: leave it out, or use new ResultMessage({ value: null }) for a tombstone`,
    ],
    ['a Set among items', ['a', new Set()], `${item} is a Set: use Array.from(set)`],
    [
      'a symbol among items',
      ['a', Symbol('s')],
      `${item} is a symbol: expected a string, bytes, or a value that JSON can express`,
    ],
  ])('refuses %s', async (_, value, expected) => {
    expect(await failureReturning(value)).toBe(expected);
  });

  it.each<[string, unknown, string]>([
    [
      'NaN',
      { peaks: [{ height: 1 }, { height: NaN }] },
      'peaks[1].height of * is NaN, which JSON cannot express: use null',
    ],
    [
      'infinity',
      { 'max height': -Infinity },
      '["max height"] of * is -Infinity, which JSON cannot express: use null',
    ],
    [
      'a bigint',
      { n: 1n },
      'n of * is a bigint, which JSON cannot express: use Number(value) or String(value)',
    ],
    ['a Map', { a: { b: new Map([[1, 2]]) } }, 'a.b of * is a Map: use Object.fromEntries(map)'],
    ['a Set', { größe: new Set([1]) }, 'größe of * is a Set: use Array.from(set)'],
    ['an invalid Date', { measured: new Date('yesterday') }, 'measured of * is an invalid Date: use null'],
    ['an Error', { a: [new TypeError('x')] }, 'a[0] of * is an Error: use its message'],
    ['bytes', { a: new Uint8Array(3) }, "a of * is bytes: use Buffer.from(x).toString('base64')"],
    ['a buffer', { a: new ArrayBuffer(3) }, "a of * is bytes: use Buffer.from(x).toString('base64')"],
    ['a typed array', { a: new Float32Array(3) }, 'a of * is a Float32Array: use Array.from(x)'],
    ['an iterator', { a: new Map().keys() }, 'a of * is an iterator: use Array.from(x)'],
    ['a RegExp', { a: /x/ }, 'a of * is a RegExp: use String(x)'],
    ['a circle', cyclic, 'self of * is again *: JSON cannot express a circle; leave one of them out'],
    [
      'an inner circle',
      { a: [innerCycle] },
      'a[0].b.c of * is again a[0] of *: JSON cannot express a circle; leave one of them out',
    ],
  ])('refuses %s inside of an object and names its place', async (_, value, expected) => {
    expect(await failureReturning(value)).toBe(
      `bad-result: ${expected.replaceAll('*', 'what PeakFinder.findPeaks returned')}`,
    );
  });

  it('refuses a promise inside of an object, whose rejection then ends nothing', async () => {
    const outcome = await outcomeOfReturning(() => ({ a: Promise.reject(new Error('never seen')) }));
    expect(failureOf(outcome)).toBe(
      `bad-result: a of what PeakFinder.findPeaks returned is a Promise: await it first`,
    );
  });

  it('refuses what is nested too deeply for JSON', async () => {
    let value: unknown = [];
    for (let depth = 0; depth < 100_000; depth += 1) value = { value };
    expect(await failureReturning(value)).toMatch(
      /^bad-result: .* cannot be written as JSON \(caused by Maximum call/,
    );
  });

  it('names the place in a message among several, and in the value of a ResultMessage', async () => {
    expect(await failureReturning(['a', { n: NaN }])).toBe(
      'bad-result: n of item 1 of what PeakFinder.findPeaks returned is NaN, which JSON cannot express: use null',
    );
    expect(await failureReturning(new ResultMessage({ value: [1, [NaN]] }))).toBe(
      'bad-result: [1][0] of the value of what PeakFinder.findPeaks returned is NaN, which JSON cannot express: use null',
    );
  });

  it('takes everything else as JSON does', async () => {
    const shared = { n: 1 };
    const value = {
      none: null,
      absent: undefined,
      call: () => 1,
      list: [undefined, true, 'a', shared, shared],
      when: new Date(0),
      own: { toJSON: () => 'own', bad: NaN },
      bare: Object.assign(Object.create(null) as object, { n: 2 }),
      bytes: Buffer.from('a'),
    };
    expect(await valuesReturned(() => value)).toEqual([JSON.stringify(value)]);
  });

  it('refuses the file itself', async () => {
    const outcome = await outcomeOfReturning(file => file);
    expect(failureOf(outcome)).toBe(
      `${returned} is the DataFile itself: use file.bytes for its content, or the fields you need`,
    );
  });

  it('refuses a skip among items', async () => {
    const outcome = await outcomeOfReturning((_, context) => ['a', context.skip('none')]);
    expect(failureOf(outcome)).toBe(`${item} is a skip: return context.skip(reason) alone`);
  });

  it('does not try again: the same call would return the same', async () => {
    const { processing, clock, settled } = harness(() => 1n, { worker: { attempts: 5 } });
    processing.submit(fileReady(1));
    await clock.runAll();
    expect(settled[0]).toMatchObject({
      attempts: 1,
      outcome: { error: { name: 'ResultError', code: 'ERR_RESULT' } },
    });
  });
});

describe('no result', () => {
  it('is done without messages when the method returns a skip', async () => {
    expect(await outcomeOfReturning((_, { skip }) => skip('no peaks'))).toEqual({
      kind: 'done',
      messages: [],
      skipped: 'no peaks',
    });
  });

  it.each([null, undefined])(
    'fails with a warning and without another attempt when the method returns %s',
    async value => {
      const { processing, clock, settled, warnings } = harness(() => value);
      processing.submit(fileReady(1, 'a/b.txt'));
      await clock.runAll();
      const message = `PeakFinder.findPeaks returned ${value} for a/b.txt. Return a result, or context.skip(reason) when there is none`;
      expect(settled).toEqual([
        {
          workId: 1,
          attempts: 1,
          processingMs: 0,
          outcome: {
            kind: 'failed',
            reason: 'returned-nothing',
            error: { name: 'ResultError', message, code: 'ERR_RESULT' },
          },
        },
      ]);
      expect(warnings()).toEqual([message]);
    },
  );

  it('says so when skip was called and its value not returned', async () => {
    const outcome = await outcomeOfReturning((_, context) => void context.skip('no peaks'));
    expect(failureOf(outcome)).toBe(
      'returned-nothing: PeakFinder.findPeaks returned undefined for dir/f1.txt. ' +
        'context.skip(reason) was called, but what it gives must be returned',
    );
  });

  it.each<[unknown]>([[''], [undefined], [3]])('refuses skip(%j)', async reason => {
    const outcome = await outcomeOfReturning((_, context: ProcessorContext) =>
      context.skip(reason as string),
    );
    expect(failureOf(outcome)).toBe(
      "threw: context.skip(reason): expected a text that says why, as in context.skip('no peaks')",
    );
  });
});

describe('a file processor', () => {
  const outcomeOf = (findPeaks: FindPeaks) => outcomeOfReturning(findPeaks, { kind: 'file-processor' });

  it('is done when its method returns nothing', async () => {
    expect(await outcomeOf(async () => Promise.resolve())).toEqual({ kind: 'done', messages: [] });
  });

  it('may skip', async () => {
    expect(await outcomeOf((_, { skip }) => skip('known'))).toEqual({
      kind: 'done',
      messages: [],
      skipped: 'known',
    });
  });

  it.each<[string, unknown]>([
    ['a value of type string', 'x'],
    ['a value of type array', []],
    ['null', null],
    ['a value of type object', { x: 1 }],
  ])('fails when its method returns %s', async (what, value) => {
    expect(failureOf(await outcomeOf(() => value))).toBe(
      `bad-result: PeakFinder.findPeaks returned ${what}, but a @FileProcessor has no topic for results. ` +
        'Return nothing or context.skip(reason), or make the class a @Reproducer',
    );
  });
});
