import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sampleFiles } from '../../src/programs/demo/sample-files/sample-files.js';
import { expectedOutput, filesBelow, runExample } from './run-example.js';

describe('examples/smallest', () => {
  it('counts the lines of every file', async () => {
    const { exitCode, output, results } = await runExample({
      module: 'examples/smallest/line-counter.ts',
      consumeTopic: 'text-files',
      produceTopic: 'line-counts',
      files: await filesBelow('examples/smallest/sample-data'),
    });
    expect(results, output).toEqual(await expectedOutput('examples/smallest'));
    expect(exitCode, output).toBe(0);
  });
});

describe('examples/options-and-lock', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'temperature-watch-'));
  });
  afterAll(async () => {
    await rm(folder, { recursive: true });
  });

  it('summarises every log and loses no record to a concurrent call', async () => {
    const recordsFile = join(folder, 'records.json');
    const { exitCode, output, results } = await runExample({
      module: 'examples/options-and-lock/temperature-watch.ts',
      consumeTopic: 'furnace-logs',
      produceTopic: 'furnace-summaries',
      files: await filesBelow('examples/options-and-lock/sample-data'),
      flags: ['--records-file', recordsFile, '--alarm-above', '905'],
    });
    expect(results, output).toEqual(await expectedOutput('examples/options-and-lock'));
    expect(JSON.parse(await readFile(recordsFile, 'utf8'))).toEqual({
      'furnace-1': 912.8,
      'furnace-2': 151.3,
    });
    expect(exitCode, output).toBe(0);
  });

  it('names every mistake in its options before it connects', async () => {
    const { exitCode, output } = await runExample({
      module: 'examples/options-and-lock/temperature-watch.ts',
      consumeTopic: 'furnace-logs',
      produceTopic: 'furnace-summaries',
      files: await filesBelow('examples/options-and-lock/sample-data'),
      flags: ['--alarm-above', '-3'],
    });
    expect(exitCode).toBe(2);
    expect(output).toContain('--alarm-above');
    expect(output).toContain('--records-file is missing');
  });
});

describe('examples/create-and-hooks', () => {
  it('splits every log into messages, between opening and closing the registry', async () => {
    const { exitCode, output, results } = await runExample({
      module: 'examples/create-and-hooks/weigh-log.ts',
      consumeTopic: 'balance-logs',
      produceTopic: 'weighings',
      files: await filesBelow('examples/create-and-hooks/sample-data'),
    });
    expect(results, output).toEqual(await expectedOutput('examples/create-and-hooks'));
    expect(output).toContain('the sample registry is open');
    expect(output).toContain('sample S-999 is not in the registry');
    expect(output).toContain('the sample registry is closed after 2 files');
    expect(exitCode, output).toBe(0);
  });
});

describe('examples/xrd-peaks', () => {
  it('finds the lines of the substances in the scans and skips the other files', async () => {
    const { exitCode, output, results } = await runExample({
      module: 'examples/xrd-peaks/peak-finder.ts',
      consumeTopic: 'instrument-files',
      produceTopic: 'peak-tables',
      files: sampleFiles(),
      flags: ['--minimum-height', '80'],
    });
    expect(results, output).toEqual(await expectedOutput('examples/xrd-peaks'));
    expect(exitCode, output).toBe(0);
  });
});

describe('examples/image-metadata', () => {
  it('produces the EXIF data and texts of each image, skips other files and fails for a damaged one', async () => {
    const { exitCode, output, results } = await runExample({
      module: 'examples/image-metadata/image-metadata.ts',
      consumeTopic: 'images',
      produceTopic: 'image-metadata',
      files: await filesBelow('examples/image-metadata/sample-data'),
      flags: ['--attempts', '1'],
    });
    expect(results, output).toEqual(await expectedOutput('examples/image-metadata'));
    expect(output).toContain('microscope/damaged.png');
    expect(output).toContain('Invalid image format');
    expect(exitCode, output).toBe(3);
  });
});

describe('examples/xrd-metadata', () => {
  it('produces the conditions of each exported scan and skips the other files', async () => {
    const { exitCode, output, results } = await runExample({
      module: 'examples/xrd-metadata/xrd-metadata.ts',
      consumeTopic: 'xrd-files',
      produceTopic: 'xrd-metadata',
      files: await filesBelow('examples/xrd-metadata/sample-data'),
    });
    expect(results, output).toEqual(await expectedOutput('examples/xrd-metadata'));
    expect(exitCode, output).toBe(0);
  });
});

describe('examples/file-archive', () => {
  it('writes every file to the archive, under its path and hash, and produces nothing', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'file-archive-'));
    const files = await filesBelow('examples/file-archive/sample-data');
    const { exitCode, output, results } = await runExample({
      module: 'examples/file-archive/file-archive.ts',
      consumeTopic: 'instrument-files',
      produceTopic: 'unused',
      files,
      flags: ['--archive-folder', folder],
    });
    const kept = (await readdir(folder, { recursive: true, withFileTypes: true })).filter(entry =>
      entry.isFile(),
    );
    const contents = await Promise.all(kept.map(({ parentPath, name }) => readFile(join(parentPath, name))));
    await rm(folder, { recursive: true });
    expect(kept.map(({ name }) => name.replace(/[0-9a-f]{12}$/, '')).sort(), output).toEqual([
      '2026-03-11.csv.',
      'notes.txt.',
    ]);
    expect(contents.map(String).sort()).toEqual(files.map(({ bytes }) => bytes.toString()).sort());
    expect(results).toEqual([]);
    expect(exitCode, output).toBe(0);
  });
});
