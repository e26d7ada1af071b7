import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { splitFile } from '../../src/wire/split-file.js';

const sha512 = (bytes: Uint8Array) => createHash('sha512').update(bytes).digest('hex');
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

describe('splitFile', () => {
  it('cuts chunks that join to the file, all of one length but the last', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 200 }),
        fc.integer({ min: 1, max: 70 }),
        (bytes, chunkBytes) => {
          const chunks = [...splitFile({ filename: 'f', bytes }, chunkBytes)];
          expect(Buffer.concat(chunks.map(chunk => chunk.data)).equals(bytes)).toBe(true);
          for (const [position, chunk] of chunks.entries()) {
            expect(chunk.index).toBe(position + 1);
            expect(chunk.count).toBe(chunks.length);
            expect(chunk.startByte).toBe(position * chunkBytes);
            expect(chunk.data.length).toBe(
              position < chunks.length - 1 ? chunkBytes : bytes.length - position * chunkBytes,
            );
            expect(hex(chunk.chunkHash)).toBe(sha512(chunk.data));
            expect(hex(chunk.fileHash)).toBe(sha512(bytes));
          }
        },
      ),
    );
  });

  it('cuts an empty file into nothing', () => {
    expect([...splitFile({ filename: 'f', bytes: new Uint8Array(0) })]).toEqual([]);
  });

  it('cuts 512 KiB when not told otherwise', () => {
    const chunks = [...splitFile({ filename: 'f', bytes: Buffer.alloc(524_289) })];
    expect(chunks.map(chunk => chunk.data.length)).toEqual([524_288, 1]);
  });

  it('passes names and time on', () => {
    const [chunk] = splitFile({
      filename: 'f.txt',
      subdirectory: 'a',
      filenameAppend: '_v2',
      bytes: Buffer.from('x'),
      modifiedAtSeconds: 3.5,
    });
    expect(chunk).toMatchObject({
      filename: 'f.txt',
      subdirectory: 'a',
      filenameAppend: '_v2',
      modifiedAtSeconds: 3.5,
    });
  });

  it.each([0, -1, 1.5, Number.NaN])('refuses chunks of %d bytes', chunkBytes => {
    expect(() => [...splitFile({ filename: 'f', bytes: Buffer.from('x') }, chunkBytes)]).toThrow(
      new RangeError(`chunkBytes: expected a whole number of at least 1, found ${chunkBytes}`),
    );
  });
});
