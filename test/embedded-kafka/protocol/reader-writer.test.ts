import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MalformedRequestError } from '../../../src/embedded-kafka/protocol/malformed-request-error.js';
import { RequestReader } from '../../../src/embedded-kafka/protocol/reader.js';
import { ResponseWriter } from '../../../src/embedded-kafka/protocol/writer.js';

const int = (bits: number) => fc.integer({ min: -(2 ** (bits - 1)), max: 2 ** (bits - 1) - 1 });
const field = fc.oneof(
  fc.record({ type: fc.constant('int8' as const), value: int(8) }),
  fc.record({ type: fc.constant('int16' as const), value: int(16) }),
  fc.record({ type: fc.constant('int32' as const), value: int(32) }),
  fc.record({
    type: fc.constant('int64' as const),
    value: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  }),
  fc.record({ type: fc.constant('boolean' as const), value: fc.boolean() }),
  fc.record({ type: fc.constant('unsignedVarint' as const), value: fc.nat() }),
  fc.record({
    type: fc.constant('uuid' as const),
    value: fc.uint8Array({ minLength: 16, maxLength: 16 }).map(bytes => Buffer.from(bytes).toString('hex')),
  }),
  fc.record({
    type: fc.constant('string' as const),
    value: fc.option(fc.string({ unit: 'grapheme', maxLength: 300 })),
  }),
  fc.record({
    type: fc.constant('bytes' as const),
    value: fc.option(fc.uint8Array({ maxLength: 400 }).map(bytes => Buffer.from(bytes))),
  }),
  fc.record({
    type: fc.constant('structs' as const),
    value: fc.option(fc.array(int(32), { maxLength: 200 })),
  }),
);
type Field = typeof field extends fc.Arbitrary<infer T> ? T : never;

function write(writer: ResponseWriter, { type, value }: Field): void {
  if (type === 'int64') writer.int64(value);
  else if (type === 'boolean') writer.boolean(value);
  else if (type === 'uuid') writer.uuid(value);
  else if (type === 'string') writer.string(value);
  else if (type === 'bytes') writer.bytes(value);
  else if (type === 'structs') writer.structs(value, element => writer.int32(element));
  else writer[type](value);
}

function read(reader: RequestReader, type: Field['type']): unknown {
  if (type === 'string') return reader.nullableString();
  if (type === 'bytes') return reader.nullableBytes();
  if (type === 'structs') return reader.nullableStructs(() => reader.int32());
  return reader[type]();
}

describe('reader and writer', () => {
  it('read back what was written, in both encodings', () => {
    fc.assert(
      fc.property(fc.array(field), fc.boolean(), (fields, isFlexible) => {
        const writer = new ResponseWriter(isFlexible);
        for (const each of fields) write(writer, each);
        const { byteLength } = writer;
        const bytes = Buffer.concat(writer.finish());
        expect(bytes.length).toBe(byteLength);
        const reader = new RequestReader(bytes, isFlexible);
        for (const { type, value } of fields) expect(read(reader, type)).toEqual(value);
        expect(reader.remainingCount).toBe(0);
      }),
    );
  });

  it('puts record batches between other fields without copying them', () => {
    const batch = Buffer.from('batch');
    const buffers = new ResponseWriter().int8(1).records([batch]).int8(2).finish();
    expect(buffers[1]).toBe(batch);
    expect(Buffer.concat(buffers)).toEqual(Buffer.from('\x01\0\0\0\x05batch\x02', 'latin1'));
  });

  it('steps over tagged fields it does not know', () => {
    const reader = new RequestReader(Buffer.from([2, 0, 1, 9, 7, 2, 8, 8, 5]), true);
    reader.skipTags();
    expect(reader.int8()).toBe(5);
  });

  it('refuses lengths beyond the request instead of allocating them', () => {
    for (const isFlexible of [false, true]) {
      const huge = Buffer.from([0x7f, 0xff, 0xff, 0xff, 0x07]);
      expect(() => new RequestReader(huge, isFlexible).nullableString()).toThrow(MalformedRequestError);
      expect(() => new RequestReader(huge, isFlexible).nullableBytes()).toThrow(MalformedRequestError);
      expect(() => new RequestReader(huge, isFlexible).array(() => 0)).toThrow(MalformedRequestError);
    }
  });
});
