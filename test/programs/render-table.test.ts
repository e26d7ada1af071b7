import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { renderTable } from '../../src/programs/render-table.js';
import { wrapText } from '../../src/programs/wrap-text.js';

const columns = [
  { title: 'file' },
  { title: 'size', align: 'right' },
  { title: 'note', wraps: true },
] as const;
const rows = [
  ['a.xy', '12 KiB', 'one two three four five'],
  ['folder/b.png', '9 B', '-'],
];

describe('renderTable', () => {
  it('lines columns up where it fits', () => {
    expect(renderTable(columns, rows, 60)).toEqual([
      'file            size  note',
      '------------  ------  -----------------------',
      'a.xy          12 KiB  one two three four five',
      'folder/b.png     9 B  -',
    ]);
  });

  it('breaks the wrapping column where it does not', () => {
    expect(renderTable(columns, rows, 40)).toEqual([
      'file            size  note',
      '------------  ------  ------------------',
      'a.xy          12 KiB  one two three four',
      '                      five',
      'folder/b.png     9 B  -',
    ]);
  });

  it('makes a block of each row on a narrow terminal', () => {
    expect(renderTable(columns, rows, 20)).toEqual([
      'file: a.xy',
      'size: 12 KiB',
      'note: one two three',
      'four five',
      '',
      'file: folder/b.png',
      'size: 9 B',
      'note: -',
    ]);
  });

  it('breaks a long path behind one of its marks', () => {
    const path = 'campaign-7/detector-3/frame_000123.tiff';
    expect(renderTable([{ title: 'file', wraps: true }, { title: 'size' }], [[path, '9 B']], 36)).toEqual([
      'file                            size',
      '------------------------------  ----',
      'campaign-7/detector-3/frame_    9 B',
      '000123.tiff',
    ]);
  });

  it('is never wider than asked as a table, however long the words are', () => {
    const word = fc.stringMatching(/^[a-z]{1,12}$/);
    const text = fc
      .array(fc.stringMatching(/^[a-z/_.-]{1,90}$/), { minLength: 1, maxLength: 8 })
      .map(words => words.join(' '));
    fc.assert(
      fc.property(
        fc.array(fc.tuple(word, word, text), { maxLength: 5 }),
        fc.integer({ min: 60, max: 90 }),
        (generated, width) => renderTable(columns, generated, width).every(line => line.length <= width),
      ),
    );
  });

  it('is never wider than asked as blocks, while no single word is', () => {
    const word = fc.stringMatching(/^[a-z]{1,12}$/);
    const text = fc.array(word, { minLength: 1, maxLength: 8 }).map(words => words.join(' '));
    fc.assert(
      fc.property(
        fc.array(fc.tuple(word, word, text), { maxLength: 5 }),
        fc.integer({ min: 20, max: 90 }),
        (generated, width) => renderTable(columns, generated, width).every(line => line.length <= width),
      ),
    );
  });
});

describe('wrapText', () => {
  it('keeps every word in order and breaks only between words', () => {
    fc.assert(
      fc.property(
        fc.array(fc.stringMatching(/^[a-z]{1,10}$/)),
        fc.integer({ min: 10, max: 80 }),
        (words, width) => {
          const lines = wrapText(words.join(' '), width);
          expect(lines.join(' ')).toBe(words.join(' '));
          expect(lines.every(line => line.length <= width)).toBe(true);
        },
      ),
    );
  });

  it('gives a word that is too long a line of its own', () => {
    expect(wrapText('see https://example.org/long here', 10)).toEqual([
      'see',
      'https://example.org/long',
      'here',
    ]);
  });

  it('breaks words too where it is asked to', () => {
    expect(wrapText('in a/bbbb/cccc/dddd eeeeeeeeeeeee', 8, true)).toEqual([
      'in',
      'a/bbbb/',
      'cccc/',
      'dddd',
      'eeeeeeee',
      'eeeee',
    ]);
  });

  it('makes no line of nothing', () => {
    expect(wrapText('  ', 10)).toEqual([]);
  });
});
