import { describe, expect, it } from 'vitest';
import { literalDate, literalText, tableLines, tableText } from '../../src/registry/python-table.js';

const columns = ['filename', 'n_chunks'];
const fieldOf = (value: string | number | Date | ReadonlySet<number>): string =>
  tableText(['a'], [[value]], 'linux').slice(2);

describe('tableText', () => {
  it('is what OpenMSIStream writes', () => {
    const at = new Date(2026, 10, 23, 20, 25, 30);
    const names = ['filename', 'rel_filepath', 'status', 'n_chunks', 'first_message', 'most_recent_message'];
    const row = ['fail.dat', 'x/fail.dat', 'computing_result_message_failed', 3, at, at];
    expect(tableText(names, [row], 'linux')).toBe(
      'filename;rel_filepath;status;n_chunks;first_message;most_recent_message\n' +
        "'fail.dat';'x/fail.dat';'computing_result_message_failed';3;'Mon Nov 23, 2026 at 20:25:30';'Mon Nov 23, 2026 at 20:25:30'",
    );
    expect(tableText(columns, [], 'win32')).toBe('sep=;\nfilename;n_chunks');
  });

  // Seen from the original.
  it.each([
    ["it's.txt", '"""it\'s.txt"""'],
    ['semi;colon.txt', '"\'semi;colon.txt\'"'],
    ['say "hi".txt', '"\'say ""hi"".txt\'"'],
    ['a\\b\n\u0007é', "'a\\\\b\\n\\x07é'"],
  ])('writes %j as the original', (text, field) => expect(fieldOf(text)).toBe(field));

  it('writes sets of numbers', () => {
    expect(fieldOf(new Set([1, 4]))).toBe('{1, 4}');
    expect(fieldOf(new Set())).toBe('set()');
  });
});

describe('tableLines', () => {
  it('reads back what was written', () => {
    const names = ["it's.txt", 'semi;colon.txt', 'say "hi".txt', 'plain'];
    const text = tableText(
      columns,
      names.map(name => [name, 2]),
      'win32',
    );
    const lines = tableLines(columns, text)!;
    expect(lines.map(([name]) => literalText(name!))).toEqual(names);
    expect(lines.map(fields => fields[1])).toEqual(['2', '2', '2', '2']);
  });

  it('takes no other table', () => {
    expect(tableLines(columns, 'filename;other\n1;2')).toBeUndefined();
    expect(tableLines(columns, '')).toBeUndefined();
  });

  it('reads points in time', () => {
    expect(literalDate("'Mon Nov 23, 2026 at 20:25:30'")).toEqual(new Date(2026, 10, 23, 20, 25, 30));
    expect(literalDate("'yesterday'")).toBeUndefined();
  });
});
