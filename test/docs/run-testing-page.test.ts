import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { codeBlocks, root } from './markdown-files.js';
import { testingPage } from './testing-page.js';

/** What Vitest's JSON reporter tells. */
interface Report {
  readonly testResults: readonly {
    readonly message: string;
    readonly assertionResults: readonly {
      readonly title: string;
      readonly status: string;
      readonly failureMessages: readonly string[];
    }[];
  }[];
}

describe('docs/testing.md', () => {
  let folder: string;
  beforeAll(async () => {
    // Inside the package, so that 'kafka-reproducer' is found by its own name.
    folder = await mkdtemp(join(root, 'dist', 'testing-page-'));
    for (const { fileName, code } of testingPage.modules()) await writeFile(join(folder, fileName!), code);
    const config = codeBlocks('docs/getting-started.md').find(({ language }) => language === 'json')!;
    await writeFile(join(folder, 'tsconfig.json'), config.code);
    // Without one, Vitest takes that of the package.
    await writeFile(join(folder, 'vitest.config.js'), 'export default {};');
  });
  afterAll(async () => {
    await rm(folder, { recursive: true });
  });

  it('has tests that a reader can run, and all of them pass', async () => {
    const [, tests] = testingPage.modules();
    const titles = [...tests.code.matchAll(/^it\('(.*)', async/gm)].map(([, title]) => title!);
    expect(titles.length).toBeGreaterThan(9);
    const { message, assertionResults } = (await runVitest(folder)).testResults[0]!;
    const failures = assertionResults.flatMap(({ failureMessages }) => failureMessages).join('\n');
    expect(
      assertionResults.map(({ title, status }) => `${title}: ${status}`),
      message + failures,
    ).toEqual(titles.map(title => `${title}: passed`));
  }, 60_000);
});

/** Runs the tests in a folder as their reader would. */
async function runVitest(folder: string): Promise<Report> {
  const report = join(folder, 'report.json');
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  const child = spawn(
    process.execPath,
    [vitest, 'run', '--testTimeout=25000', '--reporter=json', `--outputFile=${report}`],
    {
      cwd: folder,
      // Vitest's own variables must not reach the inner one.
      env: { PATH: process.env.PATH, HOME: process.env.HOME },
      stdio: ['ignore', 'ignore', 'pipe'],
      timeout: 55_000,
      killSignal: 'SIGKILL',
    },
  );
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  await once(child, 'close');
  const text = await readFile(report, 'utf8').catch(() => {
    throw new Error(`Vitest made no report: ${errors}`);
  });
  return JSON.parse(text) as Report;
}
