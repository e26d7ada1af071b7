import { posix, win32 } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UnsafePathError } from '../../src/errors.js';
import { safeFilePath } from '../../src/wire/safe-file-path.js';

function refusal(subdirectory: string, filename: string, append?: string): string {
  try {
    return `accepted as ${safeFilePath(subdirectory, filename, append).path}`;
  } catch (error) {
    if (error instanceof UnsafePathError) return error.message;
    throw error;
  }
}

describe('safeFilePath', () => {
  it.each([
    ['', 'f.txt', '', 'f.txt'],
    ['a/b', 'f.txt', '', 'a/b/f.txt'],
    ['.', 'f.txt', '', 'f.txt'],
    ['a//b/', 'f.txt', '', 'a/b/f.txt'],
    ['./a/./b', 'f.txt', '_v2', 'a/b/f_v2.txt'],
    ['with spaces/and more', 'a file name.txt', '', 'with spaces/and more/a file name.txt'],
    ['café', 'cafe\u0301.dat', '', 'café/cafe\u0301.dat'],
    ['2024-01-01', 'T12:30:00.csv', '', '2024-01-01/T12:30:00.csv'],
    ['..a', 'b..', '', '..a/b..'],
    ['', '.hidden', '', '.hidden'],
    ['', '~user', '', '~user'],
    ['', '-rf', '', '-rf'],
    ['', 'console.log', '', 'console.log'],
    ['aux-data', 'COM10.txt', '', 'aux-data/COM10.txt'],
    ['', 'x'.repeat(255), '', 'x'.repeat(255)],
  ])('accepts %j, %j with %j', (subdirectory, filename, append, path) => {
    const safe = safeFilePath(subdirectory, filename, append);
    expect(safe.path).toBe(path);
    expect(safe.filename).toBe(posix.basename(path));
    expect(safe.subdirectory).toBe(path.includes('/') ? posix.dirname(path) : '');
  });

  it.each<[string, string, string]>([
    ['/etc', 'passwd', 'subdirectory "/etc" is absolute'],
    ['//host/share', 'f', 'subdirectory "//host/share" is absolute'],
    ['..', 'f', 'subdirectory ".." leads out of the folder'],
    ['a/../../b', 'f', 'subdirectory ".." leads out of the folder'],
    ['a', '..', 'filename ".." leads out of the folder'],
    ['a', '.', 'filename "." consists of dots and spaces only'],
    ['a', '', 'filename "" is empty'],
    ['a', '../f', 'filename "../f" holds a /'],
    ['a', '/etc/passwd', 'filename "/etc/passwd" holds a /'],
    ['a', 'b/', 'filename "b/" holds a /'],
    ['...', 'f', 'subdirectory "..." consists of dots and spaces only'],
    ['.. ', 'f', 'subdirectory ".. " consists of dots and spaces only'],
    ['', ' ', 'filename " " consists of dots and spaces only'],
    ['a\0b', 'f', 'subdirectory "a\\u0000b" holds a control character (U+0000) at position 2'],
    ['', 'f\n', 'filename "f\\n" holds a control character (U+000A) at position 2'],
    ['', '\u001b[2Jf', 'filename "\\u001b[2Jf" holds a control character (U+001B) at position 1'],
    ['', 'f\u007f', 'filename "f\u007f" holds a control character (U+007F) at position 2'],
    ['', 'f\u0085', 'filename "f\u0085" holds a control character (U+0085) at position 2'],
    ['', 'f\ud83d', 'filename "f\\ud83d" holds half a surrogate pair (U+D83D) at position 2'],
    ['..\\..', 'f', 'subdirectory "..\\\\.." holds a backslash at position 3'],
    ['\\\\host\\share', 'f', 'subdirectory "\\\\\\\\host\\\\share" holds a backslash at position 1'],
    ['\\\\?\\C:', 'f', 'subdirectory "\\\\\\\\?\\\\C:" holds a backslash at position 1'],
    ['C:', 'f', 'subdirectory "C:" begins with a drive letter'],
    ['a', 'c:f', 'filename "c:f" begins with a drive letter'],
    ['CON', 'f', 'subdirectory "CON" is a device name on Windows'],
    ['a', 'nul', 'filename "nul" is a device name on Windows'],
    ['a', 'Aux.tar.gz', 'filename "Aux.tar.gz" is a device name on Windows'],
    ['a', 'COM1 .txt', 'filename "COM1 .txt" is a device name on Windows'],
    ['a', 'lpt²', 'filename "lpt²" is a device name on Windows'],
    ['a', 'PRN:', 'filename "PRN:" is a device name on Windows'],
    ['a', 'CONOUT$', 'filename "CONOUT$" is a device name on Windows'],
    ['', 'é'.repeat(128), `filename "${'é'.repeat(100)}…" has 256 bytes, at most 255 are allowed`],
    [
      `${'d'.repeat(200)}/`.repeat(21),
      'f',
      `subdirectory "${'d'.repeat(100)}…" has 4221 characters, at most 4096 are allowed`,
    ],
    [
      '/'.repeat(9_999),
      'f',
      `subdirectory "${'/'.repeat(100)}…" has 9999 characters, at most 4096 are allowed`,
    ],
    [
      `${'é'.repeat(100)}/`.repeat(21),
      'f',
      `path "${'é'.repeat(100)}…" has 4222 bytes, at most 4096 are allowed`,
    ],
    [
      '.reproducer-parts',
      'f',
      'path ".reproducer-parts/f" begins with the folder in which files are put together',
    ],
    [
      '.Reproducer-Parts. /a',
      'f',
      'path ".Reproducer-Parts. /a/f" begins with the folder in which files are put together',
    ],
    [
      '',
      '.reproducer-parts',
      'path ".reproducer-parts" begins with the folder in which files are put together',
    ],
  ])('refuses %j, %j', (subdirectory, filename, reason) => {
    expect(refusal(subdirectory, filename)).toBe(`unsafe path: ${reason}`);
  });

  it('refuses an append text that makes the name unsafe', () => {
    expect(refusal('', 'x', '/../y')).toBe(
      'unsafe filename append "/../y": it must be part of one name, without / \\ or a zero byte',
    );
    expect(refusal('', 'CO', 'N')).toBe(
      'unsafe path: filename with its append "CON" is a device name on Windows',
    );
    expect(refusal('', 'x'.repeat(250), '_calibrated')).toMatch(/has 261 bytes, at most 255 are allowed$/);
    expect(refusal('', '..', 'x')).toBe('unsafe path: filename ".." leads out of the folder');
  });
});

describe('safeFilePath on generated input', () => {
  const hostile = fc.constantFrom(
    '/',
    '\\',
    '.',
    '..',
    ':',
    'C:',
    ' ',
    '\0',
    'a',
    'CON',
    'é',
    '\ud800',
    '//',
    'nul.x',
  );
  const text = fc.oneof(
    fc.array(hostile, { maxLength: 8 }).map(parts => parts.join('')),
    fc.string({ unit: 'binary', maxLength: 30 }),
  );

  it('stays below the root on every system, or throws UnsafePathError', () => {
    fc.assert(
      fc.property(text, text, text, (subdirectory, filename, append) => {
        if (refusal(subdirectory, filename, append).startsWith('unsafe ')) return;
        const { path } = safeFilePath(subdirectory, filename, append);
        expect(posix.resolve('/root/out', path)).toBe(`/root/out/${path}`);
        expect(win32.resolve('D:\\root\\out', path)).toBe(`D:\\root\\out\\${path.replaceAll('/', '\\')}`);
      }),
      { numRuns: 3_000 },
    );
  });

  it('gives a form that it accepts unchanged', () => {
    const segment = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 });
    const folders = fc.array(fc.oneof(segment, fc.constantFrom('', '.')), { maxLength: 5 });
    fc.assert(
      fc.property(folders, segment, (folder, name) => {
        const subdirectory = folder.join('/');
        fc.pre(refusal(subdirectory, name).startsWith('accepted'));
        const safe = safeFilePath(subdirectory, name);
        expect(safeFilePath(safe.subdirectory, safe.filename)).toEqual(safe);
        expect(safe.filename).toBe(name);
      }),
    );
  });
});
