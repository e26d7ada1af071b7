import { Buffer } from 'node:buffer';
import { Decoder, Encoder } from '@msgpack/msgpack';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ChunkDecodeError } from '../../src/errors.js';
import { decodeChunk } from '../../src/wire/decode-chunk.js';
import { encodeChunk } from '../../src/wire/encode-chunk.js';
import { arbitraryChunk } from './arbitrary-chunk.js';
import { fixtureMessages } from './openmsistream-fixtures.js';

const hash = new Uint8Array(64).fill(7);
const good: readonly unknown[] = ['a.txt', hash, hash, 0, 1, 1, 's/t', '', new Uint8Array([1, 2, 3]), 1.5];
const encoder = new Encoder({ useBigInt64: true });

/** The good chunk with some elements replaced, encoded by the library. */
function message(changes: Record<number, unknown> = {}, fieldCount = 10): Uint8Array {
  const fields = Array.from(
    { length: fieldCount },
    (_, position) => changes[position] ?? good[position] ?? null,
  );
  return encoder.encode(fields);
}

/** The good chunk with raw msgpack bytes in place of one element. */
function withRaw(position: number, raw: string): Buffer {
  const elements = good.map(field => Buffer.from(encoder.encode(field)));
  elements[position] = Buffer.from(raw.replaceAll(' ', ''), 'hex');
  return Buffer.concat([Buffer.from([0x9a]), ...elements]);
}

function refusal(value: Uint8Array | null): string {
  try {
    decodeChunk(value);
  } catch (error) {
    if (error instanceof ChunkDecodeError) return error.message;
    throw error;
  }
  return 'accepted';
}

describe('decodeChunk', () => {
  it('gives views into the message', () => {
    const value = Buffer.from(message());
    const chunk = decodeChunk(value);
    for (const view of [chunk.data, chunk.fileHash, chunk.chunkHash]) expect(view.buffer).toBe(value.buffer);
  });

  it('reads a message that lies in the middle of a larger buffer', () => {
    const value = message();
    const response = new Uint8Array(value.length + 20);
    response.set(value, 11);
    expect(decodeChunk(response.subarray(11, 11 + value.length))).toEqual(decodeChunk(Buffer.from(value)));
  });

  it('takes bytes for text and text for bytes', () => {
    const raw = Buffer.from(
      ['9a', 'c405612e747874', `d940${'ff'.repeat(64)}`, `da0040${'80'.repeat(64)}`, '00', '01', '01'].join(
        '',
      ) + ['c403732f74', 'c400', 'a3ff00fe', 'cb3ff8000000000000'].join(''),
      'hex',
    );
    expect(decodeChunk(raw)).toEqual({
      filename: 'a.txt',
      subdirectory: 's/t',
      filenameAppend: '',
      fileHash: Buffer.alloc(64, 0xff),
      chunkHash: Buffer.alloc(64, 0x80),
      startByte: 0,
      index: 1,
      count: 1,
      data: Buffer.from([0xff, 0, 0xfe]),
      modifiedAtSeconds: 1.5,
    });
  });

  it('takes whole floats and every integer form for integers', () => {
    for (const form of ['05', 'cc05', 'cd0005', 'ce00000005', 'cf0000000000000005'])
      expect(decodeChunk(withRaw(3, form)).startByte).toBe(5);
    for (const form of [
      'd005',
      'd10005',
      'd200000005',
      'd30000000000000005',
      'ca40a00000',
      'cb4014000000000000',
    ])
      expect(decodeChunk(withRaw(3, form)).startByte).toBe(5);
    expect(Object.is(decodeChunk(withRaw(3, 'cb8000000000000000')).startByte, 0)).toBe(true);
  });

  it('takes the largest safe integer as the end of a chunk', () => {
    expect(decodeChunk(message({ 3: BigInt(Number.MAX_SAFE_INTEGER - 3) })).startByte).toBe(
      Number.MAX_SAFE_INTEGER - 3,
    );
  });

  it('keeps a byte order mark and decomposed accents in a name', () => {
    expect(decodeChunk(message({ 0: '\ufeffcafe\u0301.dat' })).filename).toBe('\ufeffcafe\u0301.dat');
  });

  it.each([0, -0.5, Number.NaN, Infinity, -Infinity, -3])('drops the modification time %d', time => {
    expect(decodeChunk(message({ 9: time }))).not.toHaveProperty('modifiedAtSeconds');
  });

  it.each([
    [7, 7],
    [1_700_000_000.25, 1_700_000_000.25],
    [2 ** 40, 2 ** 40],
  ])('keeps the modification time %d', (sent, kept) => {
    expect(decodeChunk(message({ 9: sent })).modifiedAtSeconds).toBe(kept);
  });

  it.each<[string, Uint8Array | null, string]>([
    ['no value', null, 'the message has no value'],
    ['no bytes', new Uint8Array(0), 'the value is empty'],
    ['text', encoder.encode('hello'), 'expected a msgpack array, found text'],
    ['JSON', Buffer.from('{"a": 1}'), 'expected a msgpack array, found an integer'],
    ['a map', encoder.encode({ a: 1 }), 'expected a msgpack array, found a map'],
    [
      'an unused byte',
      Buffer.from([0xc1]),
      'expected a msgpack array, found the byte 0xc1, which msgpack does not use',
    ],
    ['8 fields', message({}, 8), 'expected 9 or 10 fields, found 8'],
    ['11 fields', message({}, 11), 'expected 9 or 10 fields, found 11'],
    [
      'a claim of 4 billion fields',
      Buffer.from('ddffffffff', 'hex'),
      'expected 9 or 10 fields, found 4294967295',
    ],
    ['a lone array head', Buffer.from('dc00', 'hex'), 'array needs 2 more bytes, the message has 1'],
    ['trailing bytes', Buffer.concat([message(), Buffer.from([0, 1])]), '2 bytes follow the 10 fields'],
    [
      'a tenth field after nine',
      Buffer.concat([message({}, 9), Buffer.from([0])]),
      '1 bytes follow the 9 fields',
    ],
    ['an empty filename', message({ 0: '' }), 'field 1 (filename) is empty'],
    ['a number as filename', message({ 0: 3 }), 'field 1 (filename): expected text, found an integer'],
    ['broken UTF-8', withRaw(6, 'a2c328'), 'field 7 (subdirectory) is not valid UTF-8'],
    ['a surrogate in UTF-8', withRaw(0, 'c403eda080'), 'field 1 (filename) is not valid UTF-8'],
    [
      'a short hash',
      message({ 1: new Uint8Array(63) }),
      'field 2 (file hash) has 63 bytes, a SHA-512 has 64',
    ],
    ['a hex hash', message({ 2: 'ab'.repeat(64) }), 'field 3 (chunk hash) has 128 bytes, a SHA-512 has 64'],
    ['no hash', withRaw(1, 'c0'), 'field 2 (file hash): expected bytes, found nil'],
    [
      'a negative start byte',
      message({ 3: -1 }),
      'field 4 (start byte): expected a whole number from 0 to 9007199254740991, found -1',
    ],
    [
      'a broken start byte',
      message({ 3: 0.5 }),
      'field 4 (start byte): expected a whole number from 0 to 9007199254740991, found 0.5',
    ],
    [
      'a start byte of NaN',
      message({ 3: Number.NaN }),
      'field 4 (start byte): expected a whole number from 0 to 9007199254740991, found NaN',
    ],
    [
      'a start byte of 2^53',
      message({ 3: 2n ** 53n }),
      'field 4 (start byte): expected a whole number from 0 to 9007199254740991, found 9007199254740992',
    ],
    [
      'the largest uint64',
      message({ 3: 2n ** 64n - 1n }),
      'field 4 (start byte): expected a whole number from 0 to 9007199254740991, found 18446744073709552000',
    ],
    [
      'the smallest int64',
      message({ 3: -(2n ** 63n) }),
      'field 4 (start byte): expected a whole number from 0 to 9007199254740991, found -9223372036854776000',
    ],
    [
      'data beyond 2^53',
      message({ 3: BigInt(Number.MAX_SAFE_INTEGER - 2) }),
      '3 bytes at start byte 9007199254740989 end beyond 9007199254740991',
    ],
    ['a start byte of true', withRaw(3, 'c3'), 'field 4 (start byte): expected a number, found a boolean'],
    ['a start byte of text', withRaw(3, 'a130'), 'field 4 (start byte): expected a number, found text'],
    [
      'index 0',
      message({ 4: 0 }),
      'field 5 (chunk index): expected a whole number from 1 to 9007199254740991, found 0',
    ],
    [
      'count 0',
      message({ 5: 0 }),
      'field 6 (chunk count): expected a whole number from 1 to 9007199254740991, found 0',
    ],
    ['an index above the count', message({ 4: 2 }), 'chunk index 2 is above the chunk count 1'],
    ['an array as append', message({ 7: [] }), 'field 8 (filename append): expected text, found an array'],
    ['no data', message({ 8: new Uint8Array(0) }), 'field 9 (data) is empty'],
    ['a float as data', message({ 8: 1.5 }), 'field 9 (data): expected bytes, found a float'],
    [
      'an extension as data',
      withRaw(8, 'd40100'),
      'field 9 (data): expected bytes, found an extension value',
    ],
    [
      'a claim of 4 GiB of data',
      withRaw(8, 'c6ffffffff'),
      'field 9 (data) needs 4294967295 more bytes, the message has 9',
    ],
    ['a map as time', message({ 9: {} }), 'field 10 (modification time): expected a number, found a map'],
    ['nil as time', withRaw(9, 'c0'), 'field 10 (modification time): expected a number, found nil'],
    ['bytes as time', withRaw(9, 'c400'), 'field 10 (modification time): expected a number, found bytes'],
  ])('refuses %s', (_, value, reason) => {
    expect(refusal(value)).toBe(`cannot decode chunk: ${reason}`);
  });

  it('refuses every beginning of a message', () => {
    const value = fixtureMessages[0]!.value;
    for (let end = 0; end < value.length; end++)
      expect(refusal(value.subarray(0, end))).toMatch(/^cannot decode chunk: /);
  });

  it('refuses deep nesting at its first level', () => {
    const nested = Buffer.alloc(1_000_000, 0x91);
    expect(refusal(nested)).toBe('cannot decode chunk: expected 9 or 10 fields, found 1');
    expect(refusal(Buffer.concat([Buffer.from([0x9a]), nested]))).toBe(
      'cannot decode chunk: field 1 (filename): expected text, found an array',
    );
  });
});

describe('decodeChunk on generated input', () => {
  it('throws nothing but ChunkDecodeError on any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), bytes => {
        expect(typeof refusal(bytes)).toBe('string');
      }),
      { numRuns: 2_000 },
    );
  });

  it('throws nothing but ChunkDecodeError on damaged chunks', () => {
    const damage = fc.array(fc.tuple(fc.nat(300), fc.nat(255)), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(arbitraryChunk, damage, (chunk, changes) => {
        const bytes = encodeChunk(chunk);
        for (const [at, byte] of changes) bytes[at % bytes.length] = byte;
        expect(typeof refusal(bytes)).toBe('string');
      }),
      { numRuns: 1_000 },
    );
  });

  it('reads what a general msgpack decoder reads', () => {
    const decoder = new Decoder({ rawStrings: true, useBigInt64: true });
    fc.assert(
      fc.property(arbitraryFields, fields => {
        const value = encoder.encode(fields);
        const expected = chunkOfRaw(decoder.decode(value) as unknown[]);
        if (expected === undefined) expect(refusal(value)).toMatch(/^cannot decode chunk: /);
        else expect(comparable(decodeChunk(value) as unknown as Record<string, unknown>)).toEqual(expected);
      }),
      { numRuns: 2_000 },
    );
  });
});

const names = ['filename', 'fileHash', 'chunkHash', 'startByte', 'index', 'count', 'subdirectory'];
const allNames = [...names, 'filenameAppend', 'data', 'modifiedAtSeconds'];
const isNumber = [false, false, false, true, true, true, false, false, false, true];

const textOrBytes = fc.oneof(
  { weight: 6, arbitrary: fc.string({ unit: 'grapheme', maxLength: 50 }) },
  { weight: 2, arbitrary: fc.uint8Array({ maxLength: 50 }) },
);
const hashField = fc.oneof(
  { weight: 30, arbitrary: fc.uint8Array({ minLength: 64, maxLength: 64 }) },
  { weight: 8, arbitrary: fc.string({ unit: 'binary-ascii', minLength: 64, maxLength: 64 }) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 70 }) },
);
const numberField = fc.oneof(
  { weight: 30, arbitrary: fc.integer({ min: 1, max: 5 }) },
  { weight: 6, arbitrary: fc.maxSafeNat() },
  { weight: 1, arbitrary: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }) },
  { weight: 1, arbitrary: fc.double() },
);
const anyField = fc.oneof(
  fc.boolean(),
  fc.constant(null),
  fc.integer(),
  fc.array(fc.integer(), { maxLength: 3 }),
  fc.dictionary(fc.string(), fc.integer(), { maxKeys: 2 }),
);
const mostly = (usual: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
  fc.oneof({ weight: 120, arbitrary: usual }, { weight: 1, arbitrary: anyField });

/** The elements of something that is often, but not always, a chunk. */
const arbitraryFields = fc
  .tuple(
    ...[textOrBytes, hashField, hashField, numberField, numberField, numberField].map(mostly),
    ...[textOrBytes, textOrBytes, textOrBytes, numberField].map(mostly),
  )
  .chain(fields => fc.constantFrom(fields, fields, fields, fields.slice(0, 9), fields.slice(0, 8)));

/** The rules of the format once more, on values that the library has decoded; undefined: not a chunk. */
function chunkOfRaw(fields: unknown[]): Record<string, unknown> | undefined {
  if (fields.length !== 9 && fields.length !== 10) return undefined;
  const chunk: Record<string, unknown> = {};
  for (const [position, field] of fields.entries()) {
    const isRightKind = isNumber[position]
      ? typeof field === 'number' || typeof field === 'bigint'
      : field instanceof Uint8Array;
    if (!isRightKind) return undefined;
    chunk[allNames[position]!] = isNumber[position] ? Number(field) + 0 : field;
  }
  return hasBounds(chunk) ? withTexts(chunk) : undefined;
}

function hasBounds(chunk: Record<string, unknown>): boolean {
  const { filename, fileHash, chunkHash, data } = chunk as Record<string, Uint8Array>;
  const { startByte, index, count } = chunk as { startByte: number; index: number; count: number };
  return (
    filename!.length > 0 &&
    fileHash!.length === 64 &&
    chunkHash!.length === 64 &&
    data!.length > 0 &&
    [startByte, index, count, startByte + data!.length].every(Number.isSafeInteger) &&
    startByte >= 0 &&
    index >= 1 &&
    index <= count
  );
}

function withTexts(chunk: Record<string, unknown>): Record<string, unknown> | undefined {
  const time = chunk.modifiedAtSeconds as number | undefined;
  if (time === undefined || !(time > 0) || time === Infinity) delete chunk.modifiedAtSeconds;
  try {
    for (const name of ['filename', 'subdirectory', 'filenameAppend'])
      chunk[name] = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(
        chunk[name] as Uint8Array,
      );
  } catch {
    return undefined;
  }
  return comparable(chunk);
}

function comparable(chunk: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(chunk).map(([name, value]) => [name, value instanceof Uint8Array ? [...value] : value]),
  );
}
