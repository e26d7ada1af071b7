import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, symlinkSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UserProject } from '../../cli/user-project.js';

let project: UserProject;
beforeAll(() => {
  project = new UserProject();
});
afterAll(() => project.remove());

/** Whatever stands in scripts of package.json is run, with npm. */
async function npmTest(folder: string): Promise<{ code: unknown; output: string }> {
  // The npm that belongs to the Node.js that runs this.
  const npm = join(dirname(process.execPath), 'npm');
  const child = spawn(existsSync(npm) ? npm : 'npm', ['test'], {
    cwd: folder,
    env: { ...process.env, NODE_ENV: 'test' },
  });
  let output = '';
  child.stdout.on('data', (part: Buffer) => (output += part.toString()));
  child.stderr.on('data', (part: Buffer) => (output += part.toString()));
  const [code] = (await once(child, 'close')) as unknown[];
  return { code, output };
}

describe('reproducer init', () => {
  it('makes a project whose own tests pass and whose types are right', async () => {
    const made = await project.reproducer('init', 'lab', '--class', 'ScanCounter');
    expect(made).toMatchObject({ code: 0, stderr: '' });
    expect(made.stdout).toContain('Next: cd lab && npm install && npm test');

    const { code, output } = await npmTest(project.path('lab'));
    expect(code, output).toBe(0);
    expect(output).toMatch(/pass 2/);

    const config = ts.readConfigFile(project.path('lab/tsconfig.json'), path => ts.sys.readFile(path));
    const parsed = ts.parseJsonConfigFileContent(config.config, ts.sys, project.path('lab'));
    const found = ts.getPreEmitDiagnostics(ts.createProgram(parsed.fileNames, parsed.options));
    expect(found.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' '))).toEqual([]);
  }, 120_000);

  it('takes the package from the checkout that it runs in, or from what is given, seen from the current directory', async () => {
    project.write('packed.tgz', '');
    const own = await project.reproducer('init', 'one');
    const checkout = fileURLToPath(new URL('../../../', import.meta.url));
    const fromCheckout = `file:${relative(project.path('one'), checkout)}`;
    expect(own.stdout).toContain(`npm install takes kafka-reproducer from ${fromCheckout}.`);
    await project.reproducer('init', 'two', '--package', 'file:packed.tgz');
    await project.reproducer('init', 'deep/three', '--package', './packed.tgz');
    const given = await project.reproducer('init', 'four', '--package', '^9.1.0');
    expect(given.stdout).toContain('from the registry (^9.1.0); if it is not there, give --package');
    const specs = ['one', 'two', 'deep/three', 'four'].map(name => {
      const text = readFileSync(project.path(`${name}/package.json`), 'utf8');
      return (JSON.parse(text) as { dependencies: Record<string, string> }).dependencies['kafka-reproducer'];
    });
    expect(specs).toEqual([fromCheckout, 'file:../packed.tgz', 'file:../../packed.tgz', '^9.1.0']);
  });

  it('refuses a package that is not there, and makes nothing', async () => {
    const { code, stderr } = await project.reproducer('init', 'none', '--package', 'file:../gone.tgz');
    const path = join(project.folder, '../gone.tgz');
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: `--package file:../gone.tgz: there is no ${path}; it is looked for from the current directory\n`,
    });
    expect(existsSync(project.path('none'))).toBe(false);
  });

  it('writes over nothing', async () => {
    project.write('full/notes.txt', 'mine');
    const { code, stderr } = await project.reproducer('init', 'full', '--class', 'no class');
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr:
        '--class must be the name of a class, such as PeakFinder; found "no class"\n' +
        'full is not empty (notes.txt): name a new folder\n',
    });
  });

  it('says why a folder cannot be made', async () => {
    symlinkSync('nowhere', project.path('dangling'));
    const { code, stderr } = await project.reproducer('init', 'dangling');
    expect(code).toBe(2);
    expect(stderr).toMatch(/^dangling cannot be made: [^\n]+\n$/);
  });
});
