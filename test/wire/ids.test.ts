import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { resultId } from '../../src/wire/result-id.js';
import { versionId } from '../../src/wire/version-id.js';

/** 00 01 02 … 3f */
const fileHash = Uint8Array.from({ length: 64 }, (_, position) => position);

describe('versionId', () => {
  // Both are stored in Kafka, so the values are fixed for ever. Computed with Python's hashlib.
  it.each([
    ['a/b.txt', 3, '9d1d3e3a8198eccc'],
    ['café/测量-😀.dat', 1, '9154445c8b8c1104'],
  ])('of %s with %d chunks never changes', (path, count, id) => {
    expect(versionId(path, fileHash, count)).toBe(id);
  });

  it('is the beginning of a SHA-256 over path, 0, hash, 0 and count', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 1 }), (path, count) => {
        const digest = createHash('sha256')
          .update(path)
          .update('\0')
          .update(fileHash)
          .update(`\0${count}`)
          .digest('hex');
        expect(versionId(path, fileHash, count)).toBe(digest.slice(0, 16));
      }),
    );
  });
});

describe('resultId', () => {
  it.each([
    ['', 'a/b.txt', 3, '0hbndgu6do0sv0dgn0qntp9kp0'],
    ['2', 'café/测量-😀.dat', 1, 'drrjn1ck919v0p7p6dkl0cpano'],
  ])('of version %j for %s with %d chunks never changes', (version, path, count, id) => {
    expect(resultId('PeakFinder', version, path, fileHash, count)).toBe(id);
  });

  it('differs when text moves from one part to the next', () => {
    const ids = [
      resultId('ab', 'c', 'p', fileHash, 1),
      resultId('a', 'bc', 'p', fileHash, 1),
      resultId('a', 'b', 'cp', fileHash, 1),
      resultId('a', 'b', 'cp', fileHash, 11),
      resultId('', 'ab', 'cp', fileHash, 1),
    ];
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('is 26 characters of base32hex', () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.string(),
        fc.uint8Array({ minLength: 64, maxLength: 64 }),
        (name, path, hash) => {
          expect(resultId(name, '', path, hash, 1)).toMatch(/^[0-9a-v]{26}$/);
        },
      ),
    );
  });
});
