import { describe, expect, it } from 'vitest';
import { SettlingFiles } from '../../../src/programs/watch/settling-files.js';
import { UnreadableFiles } from '../../../src/programs/watch/unreadable-files.js';

const was = { sizeBytes: 1, modifiedNs: 1n, inode: 1n };
const grown = { ...was, sizeBytes: 2 };

describe('SettlingFiles', () => {
  it('settles a file that is the same at two looks that are the settle time apart', () => {
    const files = new SettlingFiles(3_000);
    files.note('a', 0);
    expect(files.due(0)).toEqual(['a']);
    expect(files.looked('a', was, 10, 0)).toBe(false);
    expect(files.due(2_999)).toEqual([]);
    expect(files.due(3_000)).toEqual(['a']);
    expect(files.looked('a', grown, 10, 3_000)).toBe(false);
    files.note('a', 3_100);
    expect(files.due(5_999)).toEqual([]);
    expect(files.looked('a', grown, 10, 6_000)).toBe(true);
    expect(files.count).toBe(0);
  });

  it('does not wait for a file that was changed long ago when it is seen first', () => {
    const files = new SettlingFiles(3_000);
    files.note('a', 0);
    expect(files.looked('a', was, 3_000, 0)).toBe(true);
  });

  it('does not go by the clock of the file system once a change was seen', () => {
    const files = new SettlingFiles(3_000);
    files.note('a', 0);
    expect(files.looked('a', was, -5_000, 0)).toBe(false);
    expect(files.looked('a', grown, 100_000, 3_000)).toBe(false);
  });
});

describe('UnreadableFiles', () => {
  it('tells of a file once for each reason, and tries it again after growing waits', () => {
    const files = new UnreadableFiles();
    expect(files.add('a', 'denied', 0)).toBe(true);
    expect(files.due(4_999)).toEqual([]);
    expect(files.due(5_000)).toEqual(['a']);
    expect(files.add('a', 'denied', 5_000)).toBe(false);
    expect(files.due(14_999)).toEqual([]);
    expect(files.due(15_000)).toEqual(['a']);
    expect(files.add('a', 'broken', 15_000)).toBe(true);
    expect(files.forget('a')).toBe(true);
    expect(files.count).toBe(0);
  });
});
