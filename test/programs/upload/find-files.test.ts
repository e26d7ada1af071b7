import { mkdirSync, symlinkSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseMatch } from '../../../src/config/values/parse-match.js';
import { findFiles, type FindOptions, type FoundFiles } from '../../../src/programs/upload/find-files.js';
import { parseIgnored } from '../../../src/programs/upload/path-filter.js';
import { FileFolder } from './file-folder.js';

let folder: FileFolder;

beforeEach(() => {
  folder = new FileFolder();
  for (const path of ['a.csv', 'b.log', 'xrd/c.csv', 'xrd/deep/d.xy', '.hidden/e.csv', 'xrd/.f.csv'])
    folder.write(path, path);
});
afterEach(() => folder.remove());

const everything = { ignored: [], hasHidden: false };

function find(named: readonly string[], options: Partial<FindOptions> = {}): Promise<FoundFiles> {
  return findFiles(named, { cwd: folder.path, filter: everything, ...options });
}

const paths = ({ files }: FoundFiles): string[] => files.map(({ target }) => target.path);

describe('findFiles', () => {
  it('takes a file under its name, and those below a folder under their path in it', async () => {
    expect(paths(await find(['xrd/deep/d.xy', 'xrd']))).toEqual(['d.xy', 'c.csv', 'deep/d.xy']);
    expect(paths(await find(['.']))).toEqual(['a.csv', 'b.log', 'xrd/c.csv', 'xrd/deep/d.xy']);
  });

  it('takes paths relative to a root, and refuses what lies outside of it', async () => {
    const found = await find(['xrd/c.csv', 'xrd/deep', 'a.csv'], { root: 'xrd' });
    expect(paths(found)).toEqual(['c.csv', 'deep/d.xy']);
    expect(found.problems).toEqual([`a.csv: does not lie in --root ${folder.local('xrd')}`]);
  });

  it('leaves out what does not match, what is ignored, and what is hidden unless that is asked for', async () => {
    const filter = { ...everything, match: parseMatch('**/*.csv') };
    expect(paths(await find(['.'], { filter }))).toEqual(['a.csv', 'xrd/c.csv']);
    const ignored = ['*.csv', 'xrd/deep', '.*'].map(parseIgnored);
    expect(paths(await find(['.'], { filter: { ...everything, ignored } }))).toEqual(['b.log']);
    expect(paths(await find(['.'], { filter: { ignored, hasHidden: true } }))).toEqual(['b.log']);
    expect(paths(await find(['.'], { filter: { ignored: [], hasHidden: true } }))).toContain('.hidden/e.csv');
  });

  it('refuses two files that would arrive under one path', async () => {
    folder.write('other/c.csv', 'c');
    expect((await find(['xrd/c.csv', 'other/c.csv'])).problems).toEqual([
      `other/c.csv: would arrive as c.csv, as would ${folder.local('xrd/c.csv')}; give --root FOLDER to keep their folders`,
    ]);
    expect((await find(['a.csv', './a.csv'])).problems).toEqual([]);
  });

  it('tells what is not there, is no file, or has a name that no reader takes', async () => {
    folder.write('bad\\name', 'x');
    const name = 'filename "bad\\\\name" holds a backslash at position 4';
    const found = await find(['absent', '/dev/null', 'bad\\name']);
    expect(found.problems).toEqual([
      'absent: does not exist',
      '/dev/null: is neither a file nor a folder',
      `bad\\name: unsafe path: ${name}`,
    ]);
    expect((await find(['.'])).unusable).toEqual([
      { localPath: folder.local('bad\\name'), reason: `unsafe path: ${name}` },
    ]);
  });

  it('follows links to files, but below a folder none to folders, which may lead back', async () => {
    mkdirSync(folder.local('links'));
    symlinkSync(folder.local('a.csv'), folder.local('links/to-a.csv'));
    symlinkSync(folder.path, folder.local('links/back'));
    symlinkSync(folder.local('nowhere'), folder.local('links/dangling'));
    const found = await find(['links']);
    expect(paths(found)).toEqual(['to-a.csv']);
    expect(found.unusable).toEqual([{ localPath: folder.local('links/dangling'), reason: 'does not exist' }]);
    symlinkSync(folder.local('xrd/deep'), folder.local('to-deep'));
    expect(paths(await find(['to-deep']))).toEqual(['d.xy']);
  });
});

describe('parseIgnored', () => {
  it('refuses a pattern that a comma has cut', () => {
    expect(() => parseIgnored('*.{a')).toThrow(
      'has a brace that is not closed: a comma ends a pattern, so give several patterns',
    );
  });
});
