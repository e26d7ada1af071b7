import fc from 'fast-check';
import { decode } from '@msgpack/msgpack';
import { describe, expect, it } from 'vitest';
import { UnsafePathError } from '../../src/errors.js';
import { decodeChunk } from '../../src/wire/decode-chunk.js';
import { encodeChunk } from '../../src/wire/encode-chunk.js';
import type { FileChunk } from '../../src/wire/file-chunk.js';
import { arbitraryChunk } from './arbitrary-chunk.js';

const helloHash =
  '9b71d224bd62f3785d96d46ad3ea3d73319bfbc2890caadae2dff72519673ca72323c3d99ba5c11d7c7acc6e14b8c5da0c4663475c2e5c3adef46f73bcdec043';
const hello: FileChunk = {
  filename: 'a.txt',
  subdirectory: 's/t',
  filenameAppend: '',
  fileHash: Buffer.from(helloHash, 'hex'),
  chunkHash: Buffer.from(helloHash, 'hex'),
  startByte: 0,
  index: 1,
  count: 1,
  data: Buffer.from('hello'),
};

const head = `a5612e747874c440${helloHash}c440${helloHash}000101`;

describe('encodeChunk', () => {
  it('writes a whole modification time as float64', () => {
    const bytes = encodeChunk({ ...hello, modifiedAtSeconds: 1_700_000_000 });
    expect(bytes.toString('hex')).toBe(`9a${head}a3732f74a0c40568656c6c6fcb41d954fc40000000`);
  });

  it('writes nine elements on request', () => {
    const bytes = encodeChunk({ ...hello, modifiedAtSeconds: 1_700_000_000 }, { legacy: true });
    expect(bytes.toString('hex')).toBe(`99${head}a3732f74a0c40568656c6c6f`);
  });

  it('writes 0.0 for an unknown modification time, and an empty subdirectory for the root', () => {
    const bytes = encodeChunk({ ...hello, subdirectory: '' });
    expect(bytes.toString('hex')).toBe(`9a${head}a0a0c40568656c6c6fcb0000000000000000`);
  });

  it.each([
    [0x7f, '7f'],
    [0x80, 'cc80'],
    [0xff, 'ccff'],
    [0x100, 'cd0100'],
    [0xffff, 'cdffff'],
    [0x1_0000, 'ce00010000'],
    [0xffff_ffff, 'ceffffffff'],
    [0x1_0000_0000, 'cf0000000100000000'],
  ])('writes the start byte %d in the smallest form', (startByte, form) => {
    const bytes = encodeChunk({ ...hello, startByte });
    const at = 1 + 6 + 66 + 66;
    expect(bytes.subarray(at, at + form.length / 2).toString('hex')).toBe(form);
  });

  it.each([
    [31, 'bf'],
    [32, 'd920'],
    [255, 'd9ff'],
    [256, 'da0100'],
    [65_536, 'db00010000'],
  ])('writes a name of %d bytes in the smallest form', (byteLength, form) => {
    const bytes = encodeChunk({ ...hello, filename: 'n'.repeat(byteLength) });
    expect(bytes.subarray(1, 1 + form.length / 2).toString('hex')).toBe(form);
  });

  it('is undone by decodeChunk', () => {
    fc.assert(
      fc.property(arbitraryChunk, chunk => {
        expect(plain(decodeChunk(encodeChunk(chunk)))).toEqual(plain(chunk));
      }),
    );
  });

  it('is read by a general msgpack decoder', () => {
    fc.assert(
      fc.property(arbitraryChunk, chunk => {
        const fields = decode(encodeChunk(chunk), { useBigInt64: true }) as unknown[];
        expect(fields.map(hex)).toEqual([
          chunk.filename,
          hex(chunk.fileHash),
          hex(chunk.chunkHash),
          ...[chunk.startByte, chunk.index, chunk.count].map(asDecoded),
          chunk.subdirectory,
          chunk.filenameAppend,
          hex(chunk.data),
          chunk.modifiedAtSeconds ?? 0,
        ]);
      }),
    );
  });

  it.each<[Partial<FileChunk>, string]>([
    [{ filename: '' }, 'cannot encode chunk: filename is empty'],
    [{ fileHash: new Uint8Array(63) }, 'cannot encode chunk: fileHash: expected 64 bytes, found 63'],
    [{ data: new Uint8Array(0) }, 'cannot encode chunk: data is empty'],
    [{ startByte: -1 }, 'cannot encode chunk: startByte -1 is not a byte offset'],
    [{ startByte: 0.5 }, 'cannot encode chunk: startByte 0.5 is not a byte offset'],
    [{ index: 2 }, 'cannot encode chunk: index 2 of count 1 is not a chunk number'],
    [{ index: 0 }, 'cannot encode chunk: index 0 of count 1 is not a chunk number'],
  ])('refuses %j', (change, message) => {
    expect(() => encodeChunk({ ...hello, ...change })).toThrow(new RangeError(message));
  });

  it('refuses half a surrogate pair instead of changing the name', () => {
    expect(() => encodeChunk({ ...hello, filename: 'a\ud83d.txt' })).toThrow(
      new UnsafePathError(
        'cannot encode chunk: "a\\ud83d.txt" holds half a surrogate pair, which UTF-8 cannot express; rename the file',
      ),
    );
  });
});

/** Bytes as text: comparing long arrays element by element is slow. */
function plain(chunk: FileChunk) {
  return { ...chunk, fileHash: hex(chunk.fileHash), chunkHash: hex(chunk.chunkHash), data: hex(chunk.data) };
}

function hex(value: unknown): unknown {
  return value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value;
}

function asDecoded(number: number): number | bigint {
  return number > 0xffff_ffff ? BigInt(number) : number;
}
