import fc from 'fast-check';
import { expect, test } from 'vitest';
import { placeRecord } from '../../../src/programs/colocate/place-record.js';
import { encodeChunk } from '../../../src/wire/encode-chunk.js';
import { filePartition, keyPartition } from '../../../src/wire/file-partition.js';
import { splitFile } from '../../../src/wire/split-file.js';

function chunksOf(subdirectory: string, filename: string, filenameAppend = ''): Buffer[] {
  const file = { subdirectory, filename, filenameAppend, bytes: Buffer.from('0123456789') };
  return [...splitFile(file, 3)].map(chunk => encodeChunk(chunk));
}

function placesOf(values: readonly (Buffer | null)[], from = 0) {
  return values.map((value, at) => placeRecord({ key: Buffer.from(`key ${at}`), value }, from, 7));
}

test('all chunks of a file go where an upload by file puts them, whatever partition and key they had', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 20 }), fc.stringMatching(/^[a-z]{1,8}$/), (from, name) => {
      const expected = { kind: 'chunk', partition: filePartition(`xrd/${name}.xy`, 7) };
      expect(placesOf(chunksOf('xrd/', `${name}.xy`), from)).toEqual([1, 2, 3, 4].map(() => expected));
    }),
  );
});

test('a file is named as the worker names it: with its append text', () => {
  const [place] = placesOf(chunksOf('', 'f.txt', '_v2'));
  expect(place).toEqual({ kind: 'chunk', partition: filePartition('f_v2.txt', 7) });
});

test('chunks with a path that no worker takes lie together', () => {
  const partitions = placesOf(chunksOf('../..', 'passwd')).map(
    ({ kind, partition }) => `${kind} ${partition}`,
  );
  expect(new Set(partitions).size).toBe(1);
  expect(partitions[0]).toMatch(/^chunk /);
});

test('what is no chunk goes where its key belongs, and without a key to the partition with its number', () => {
  const key = Buffer.from('a key');
  for (const value of [null, Buffer.alloc(0), Buffer.from('no chunk')]) {
    expect(placeRecord({ key, value }, 9, 7)).toEqual({ kind: 'other', partition: keyPartition(key, 7) });
    expect(placeRecord({ key: null, value }, 9, 7)).toEqual({ kind: 'other', partition: 2 });
  }
});
