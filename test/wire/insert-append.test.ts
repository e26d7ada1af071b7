import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UnsafePathError } from '../../src/errors.js';
import { insertAppend } from '../../src/wire/insert-append.js';

describe('insertAppend', () => {
  it.each([
    ['f.txt', '_v2', 'f_v2.txt'],
    ['f.tar.gz', '_v2', 'f.tar_v2.gz'],
    ['noext', '_v2', 'noext_v2'],
    ['.hidden', '_v2', '.hidden_v2'],
    ['.hidden.txt', '_v2', '.hidden_v2.txt'],
    ['trailing.', '_v2', 'trailing._v2'],
    ['f.txt', '.part', 'f.part.txt'],
    ['f.txt', '', 'f.txt'],
  ])('turns %s with %s into %s', (filename, append, target) => {
    expect(insertAppend(filename, append)).toBe(target);
  });

  it.each(['/x', 'x/', '../x', 'a\\b', 'a\0'])('refuses the append text %j', append => {
    expect(() => insertAppend('f.txt', append)).toThrow(
      new UnsafePathError(
        `unsafe filename append ${JSON.stringify(append)}: it must be part of one name, without / \\ or a zero byte`,
      ),
    );
  });

  it('only ever inserts', () => {
    const name = fc.string({ minLength: 1 });
    fc.assert(
      fc.property(name, fc.string({ unit: fc.constantFrom('a', '.', '_') }), (filename, append) => {
        const target = insertAppend(filename, append);
        const kept = [...Array(filename.length + 1).keys()].filter(
          at => filename.slice(0, at) + append + filename.slice(at) === target,
        );
        expect(kept.length).toBeGreaterThan(0);
      }),
    );
  });
});
