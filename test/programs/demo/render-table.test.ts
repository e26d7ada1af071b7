import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { renderTable } from '../../../src/programs/demo/render-table.js';
import { wrapText } from '../../../src/programs/demo/wrap-text.js';

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

  it('is never wider than asked, while no single word is', () => {
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

  it('makes no line of nothing', () => {
    expect(wrapText('  ', 10)).toEqual([]);
  });
});
