import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runExample } from '../examples/run-example.js';
import { codeBlocks, root } from './markdown-files.js';

/** The first class of a page, which its text tells to save and run. */
function firstProgram(path: string): string {
  return codeBlocks(path).find(({ language }) => language === 'ts')!.code;
}

const files = [
  { path: 'notes/a.txt', bytes: Buffer.from('one\n\nthree, a longer line\n') },
  { path: 'b.txt', bytes: Buffer.from('no line end') },
];

describe('the programs that the documents begin with', () => {
  let folder: string;
  beforeAll(async () => {
    // Inside the package, so that 'kafka-reproducer' is found by its own name.
    folder = await mkdtemp(join(root, 'dist', 'snippets-'));
    const config = codeBlocks('docs/getting-started.md').find(({ language }) => language === 'json')!;
    await writeFile(join(folder, 'tsconfig.json'), config.code);
  });
  afterAll(async () => {
    await rm(folder, { recursive: true });
  });

  async function run(page: string, flags: readonly string[]): Promise<unknown[]> {
    await writeFile(join(folder, 'line-counter.ts'), firstProgram(page));
    const { exitCode, output, results } = await runExample({
      folder,
      module: 'line-counter.ts',
      consumeTopic: 'text-files',
      produceTopic: 'line-counts',
      files,
      flags,
    });
    expect(exitCode, output).toBe(0);
    return results.map(line => (JSON.parse(line) as { value: unknown }).value);
  }

  it('in README.md counts the lines that are long enough', async () => {
    expect(await run('README.md', ['--shortest-line', '5'])).toEqual([
      { file: 'b.txt', lines: 1 },
      { file: 'notes/a.txt', lines: 1 },
    ]);
  });

  it('in getting-started.md counts lines', async () => {
    expect(await run('docs/getting-started.md', [])).toEqual([
      { file: 'b.txt', lines: 0 },
      { file: 'notes/a.txt', lines: 3 },
    ]);
  });
});
