import fc from 'fast-check';
import type { FileChunk } from '../../src/wire/file-chunk.js';

const text = fc.string({ unit: 'grapheme', maxLength: 40 });
const hash = fc.uint8Array({ minLength: 64, maxLength: 64 });
const count = fc.oneof(
  fc.integer({ min: 1, max: 300 }),
  fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
);
const chunkNumbers = count.chain(count =>
  fc.record({ count: fc.constant(count), index: fc.integer({ min: 1, max: count }) }),
);
const modifiedAt = fc.double({ min: Number.MIN_VALUE, max: 1e12, noNaN: true, noDefaultInfinity: true });

/** Any chunk that may be on a topic; the length of its data crosses all of msgpack's length forms. */
export const arbitraryChunk: fc.Arbitrary<FileChunk> = fc
  .tuple(
    fc.record({
      filename: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 300 }),
      subdirectory: text,
      filenameAppend: text,
      fileHash: hash,
      chunkHash: hash,
      startByte: fc.oneof(
        fc.nat(70_000),
        fc.maxSafeNat().map(start => Math.max(0, start - 70_000)),
      ),
      data: fc
        .oneof(fc.integer({ min: 1, max: 300 }), fc.constantFrom(255, 256, 65_535, 65_536))
        .map(byteLength => new Uint8Array(byteLength).fill(byteLength)),
    }),
    chunkNumbers,
    fc.option(modifiedAt, { nil: undefined }),
  )
  .map(([chunk, numbers, modifiedAtSeconds]) =>
    modifiedAtSeconds === undefined ? { ...chunk, ...numbers } : { ...chunk, ...numbers, modifiedAtSeconds },
  );
