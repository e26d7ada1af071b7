import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isEntryModule, type ProgramLocation } from '../../src/bootstrap/entry-module.js';
import { ConfigError } from '../../src/errors.js';

const missing = (path: string): never => {
  throw Object.assign(new Error(`ENOENT: ${path}`), { code: 'ENOENT' });
};

function location(parts: Partial<ProgramLocation>): ProgramLocation {
  return {
    program: '/lab/peaks.js',
    platform: process.platform,
    realPath: path => path,
    resolvePath: missing,
    ...parts,
  };
}

describe('isEntryModule', () => {
  it('knows import.meta and module of the program', () => {
    expect(isEntryModule({ url: 'file:///lab/peaks.js' }, location({}))).toBe(true);
    expect(isEntryModule({ filename: '/lab/peaks.js' }, location({}))).toBe(true);
    expect(isEntryModule({ url: 'file:///lab/peaks.js?tsx-namespace=1' }, location({}))).toBe(true);
  });

  it('refuses any other module', () => {
    expect(isEntryModule({ url: 'file:///lab/other.js' }, location({}))).toBe(false);
    expect(isEntryModule({ url: 'file:///lab/peaks.js.js' }, location({ program: '/lab/peaks' }))).toBe(
      false,
    );
    expect(isEntryModule({ url: 'data:text/javascript,1' }, location({}))).toBe(false);
    expect(isEntryModule({ url: 'file:///lab/peaks.js' }, location({ program: undefined }))).toBe(false);
  });

  it('knows a program that was given without its extension or as a folder', () => {
    for (const extension of ['.js', '.mjs', '.cjs', '.ts', '.mts', '.cts', '.tsx']) {
      const entry = { url: `file:///lab/peaks${extension}` };
      expect(isEntryModule(entry, location({ program: '/lab/peaks' }))).toBe(true);
    }
    const folder = location({ program: '/lab', resolvePath: () => '/lab/start.js' });
    expect(isEntryModule({ url: 'file:///lab/start.js' }, folder)).toBe(true);
  });

  it('decodes what a URL escapes', () => {
    const program = '/lab/größe 100%/peaks.js';
    expect(isEntryModule({ url: pathToFileURL(program).href }, location({ program }))).toBe(true);
  });

  it('compares Windows paths as Windows does', () => {
    const windows = location({ program: 'c:\\Lab\\peaks.ts', platform: 'win32' });
    expect(isEntryModule({ url: 'file:///C:/Lab/peaks.ts' }, windows)).toBe(true);
    expect(isEntryModule({ filename: 'C:\\Lab\\peaks.ts' }, windows)).toBe(true);
    expect(isEntryModule({ url: 'file:///D:/Lab/peaks.ts' }, windows)).toBe(false);
  });

  it('refuses an empty object, which some bundlers make of import.meta', () => {
    const call = (): boolean => isEntryModule({} as { url: string }, location({}));
    expect(call).toThrow(ConfigError);
    expect(call).toThrow('entry must be import.meta or module, found neither a url nor a filename in it');
  });

  describe('on a disk', () => {
    let folder = '';
    beforeAll(() => {
      folder = mkdtempSync(join(tmpdir(), 'entry-'));
      writeFileSync(join(folder, 'peaks.mjs'), '');
      symlinkSync(join(folder, 'peaks.mjs'), join(folder, 'link.mjs'));
      symlinkSync(folder, join(folder, 'same'));
    });
    afterAll(() => rmSync(folder, { recursive: true }));

    it('follows symbolic links to the file and to its folder', () => {
      const entry = { url: pathToFileURL(join(folder, 'peaks.mjs')).href };
      const program = process.argv[1];
      try {
        for (const name of ['peaks.mjs', 'link.mjs', 'same/link.mjs', 'same/peaks']) {
          process.argv[1] = join(folder, name);
          expect(isEntryModule(entry), name).toBe(true);
        }
        process.argv[1] = join(folder, 'other.mjs');
        expect(isEntryModule(entry)).toBe(false);
      } finally {
        process.argv[1] = program!;
      }
    });
  });
});
