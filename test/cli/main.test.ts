import { createServer, type AddressInfo, type Server } from 'node:net';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { command, peakFinder, tsx, UserProject } from './user-project.js';

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

let project: UserProject;
beforeAll(() => {
  project = new UserProject();
  project.writeBoth('peaks', peakFinder());
  project.write('two.ts', peakFinder() + peakFinder({ name: 'Valleys' }).replace(/^import.*$/m, ''));
  project.write(
    'one-runs.ts',
    peakFinder({ name: 'Base' }) + 'export class Sub extends Base {}\nawait runReproducer(Sub);',
  );
  project.write('plain.ts', 'export class Plain {}\nexport const answer = 42;');
  project.write('broken.ts', "import './absent.js';");
  project.write(
    'misused.ts',
    peakFinder({
      body: '@CliOption() limit?: number;',
      end: 'await runReproducer(PeakFinder, import.meta);',
    }).replace(/@Reproducer\([^)]*\)/, "@Reproducer('in', '', { attempts: 0 })"),
  );
  project.write('notes.txt', '');
});
afterAll(() => project.remove());

const mistakesOfMisused = new RegExp(
  [
    '^class PeakFinder cannot be run:',
    '  - PeakFinder: @Reproducer produceTopic: .*',
    '  - PeakFinder: @Reproducer attempts: .*',
    '  - PeakFinder\\.limit: expected an initial value, .*',
    'Nothing was started\\.\n$',
  ].join('\n'),
);

describe.concurrent('the reproducer command', () => {
  it('tells its version', async () => {
    expect(await project.reproducer('--version')).toMatchObject({
      code: 0,
      stdout: `${version}\n`,
      stderr: '',
    });
  });

  it('tells its commands', async () => {
    const { code, stdout } = await project.reproducer('--help');
    expect(code).toBe(0);
    expect(stdout).toContain('Usage: reproducer [options] [command]');
    expect(stdout).toMatch(
      /^ {2}run \[options\] <file> \[flags\.\.\.\] +run the decorated class of a module/m,
    );
    expect(stdout).toMatch(/^ {2}demo +show everything on this machine/m);
  });

  it('has help that fits into 80 columns where there is no terminal', async () => {
    const programs = 'check colocate broker demo download init replay run s3-transfer status upload watch';
    const services = ['install', 'remove', 'status'].map(name => ['service', name]);
    const words = [...programs.split(' ').map(name => [name]), ...services, [], ['run', 'peaks.ts']];
    const helps = await Promise.all(words.map(each => project.reproducer(...each, '--help')));
    const wide = helps.flatMap(({ stdout }) => stdout.split('\n')).filter(line => line.length > 80);
    expect(wide).toEqual([]);
  });

  it('ends with 2 and the help when nothing is asked of it', async () => {
    const { code, stderr, stdout } = await project.reproducer();
    expect(code).toBe(2);
    expect(stderr).toContain('Usage: reproducer');
    expect(stdout).toBe('');
  });

  it('ends with 2 and a hint at an unknown command', async () => {
    expect(await project.reproducer('runn', 'peaks.ts')).toMatchObject({
      code: 2,
      stdout: '',
      stderr: "error: unknown command 'runn'\n(Did you mean run?)\nreproducer --help lists the commands\n",
    });
  });

  it('ends with 2 when the file is missing', async () => {
    expect(await project.reproducer('run')).toMatchObject({
      code: 2,
      stderr: "error: missing required argument 'file'\nreproducer run --help tells more\n",
    });
  });
});

describe.concurrent('reproducer run', () => {
  const usage = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await project.reproducer('run', ...args);
    expect(code, stderr).toBe(2);
    expect(stdout).toBe('');
    return stderr;
  };

  it('shows the help of the class, in TypeScript and in JavaScript', async () => {
    for (const file of ['peaks.ts', 'peaks.js']) {
      const { code, stdout, stderr } = await project.reproducer('run', file, '--help');
      expect(code, stderr).toBe(0);
      expect(stdout).toContain('Usage: PeakFinder [options]');
      expect(stdout.replace(/\s+/g, ' ')).toContain('runs PeakFinder.findPeaks on it');
      expect(stdout).toMatch(/^ {2}--consume-topic <TOPIC> .*\n?.*\(default: files\)/m);
      expect(stdout).toMatch(
        /PeakFinder options:\n {2}--minimum-height <NUMBER> +Smallest height that counts as a peak/,
      );
    }
  });

  it('takes TypeScript of a package that is not of type module', async () => {
    project.write('old/package.json', '{}');
    project.write('old/peaks.ts', peakFinder());
    const { code, stdout, stderr } = await project.reproducer('run', 'old/peaks.ts', '--help');
    expect(code, stderr).toBe(0);
    expect(stdout).toContain('Usage: PeakFinder [options]');
  });

  it('takes the decorators that the tsconfig.json next to the file asks for', async () => {
    project.write('standard/tsconfig.json', '{}');
    project.write('standard/peaks.ts', peakFinder());
    const { code, stdout, stderr } = await project.reproducer('run', 'standard/peaks.ts', '--help');
    expect(code, stderr).toBe(0);
    expect(stdout).toContain('--minimum-height <NUMBER>');
  });

  it('says what is missing when class-validator rules are compiled as standard decorators', async () => {
    const advice =
      'class-validator\'s rules are legacy decorators: set "experimentalDecorators": true under "compilerOptions" in ' +
      'tsconfig.json (npx tsx reads the one of the current directory, reproducer run the one nearest to the file)\n';
    const body = '@CliOption() @Min(1) width = 5;';
    const source = `import { Min } from 'class-validator';${peakFinder({ body, end: 'await runReproducer(PeakFinder, import.meta);' })}`;
    project.write('rules/tsconfig.json', '{}');
    project.write('rules/peaks.ts', source);
    const run = await project.reproducer('run', 'rules/peaks.ts', '--help');
    expect(run).toMatchObject({ code: 2, stderr: `rules/peaks.ts cannot be loaded: ${advice}` });
    const direct = await project.node(tsx, '--tsconfig', 'rules/tsconfig.json', 'rules/peaks.ts', '--help');
    expect(direct.code).toBe(1);
    expect(direct.stderr).toContain(advice);
  });

  it('tells the version of the package', async () => {
    const { stdout } = await project.reproducer('run', 'peaks.ts', '--version');
    expect(stdout).toBe(`kafka-reproducer ${version}\n`);
  });

  it('prints the configuration and where it comes from', async () => {
    const { code, stdout } = await project.reproducer(
      'run',
      'peaks.ts',
      '--brokers',
      'a:1',
      '--print-config',
    );
    expect(code).toBe(0);
    expect(stdout).toMatch(/^brokers +a:1 +flag --brokers$/m);
    expect(stdout).toMatch(/^consume-topic +files +class PeakFinder$/m);
  });

  it('says that there is no such file, and which one is near', async () => {
    expect(await usage('nope.ts')).toBe('nope.ts: no such file\n');
    expect(await usage('peaks')).toBe(`peaks: no such file; did you mean ${project.path('peaks.ts')}?\n`);
    expect(await usage('notes.txt')).toMatch(/^notes\.txt is no module: expected a file that ends in \.ts, /);
    expect(await usage('.')).toBe('. is a folder: name the file with the class\n');
  });

  it('says that the file comes before the flags, and how the words belong', async () => {
    const first = 'the file with the class comes first, its flags after it: reproducer';
    expect(await usage('--brokers', 'a:1', 'peaks.ts', '--match', '*.xy')).toBe(
      `run: ${first} run peaks.ts --brokers a:1 --match '*.xy'\n`,
    );
    expect(await usage('--class', 'A', '--brokers=a:1')).toBe(
      `run --class A: ${first} run --class A FILE --brokers=a:1\n`,
    );
    const replay = await project.reproducer('replay', '--brokers', 'a:1', '--list', 'peaks.ts');
    expect(replay).toMatchObject({
      code: 2,
      stderr: `replay: ${first} replay peaks.ts --brokers a:1 --list\n`,
    });
  });

  it('says that a folder is no configuration file', async () => {
    project.write('lab.config/peaks/note.txt', '');
    for (const folder of ['lab.config', 'lab.config/peaks'])
      expect(await usage('peaks.ts', '--brokers', 'a:1', '--config', folder)).toContain(
        `  - --config ${folder} is a folder: name the configuration file\n`,
      );
  });

  it.runIf(existsSync('/dev/full'))('says in one line that it cannot print', async () => {
    const full = openSync('/dev/full', 'w');
    const child = spawn(process.execPath, [command, 'run', 'peaks.ts', '--help'], {
      cwd: project.folder,
      stdio: ['ignore', full, 'pipe'],
    });
    let stderr = '';
    child.stderr!.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    const [code] = (await once(child, 'close')) as [number];
    closeSync(full);
    expect(stderr).toMatch(/^cannot print: ENOSPC: no space left on device.*\n$/);
    expect(code).toBe(1);
  });

  it('says that no class is decorated', async () => {
    expect(await usage('plain.ts')).toBe(
      "plain.ts exports no decorated class; Plain has no decorator. Write @Reproducer('files', 'results') before a class and export it\n",
    );
  });

  it('asks which of several classes is meant, and takes the answer', async () => {
    expect(await usage('two.ts')).toBe(
      'two.ts has several decorated classes: PeakFinder, Valleys; choose one: reproducer run --class PeakFinder two.ts\n',
    );
    expect(await usage('--class', 'Hills', 'two.ts')).toBe(
      'two.ts has no decorated class Hills; it has PeakFinder, Valleys\n',
    );
    const { stdout } = await project.reproducer('run', '--class', 'Valleys', 'two.ts', '--help');
    expect(stdout).toContain('Usage: Valleys [options]');
  });

  it('takes the class that the module itself would run, and runs it once', async () => {
    const { stdout, stderr } = await project.reproducer('run', 'one-runs.ts', '--version');
    expect(stdout, stderr).toBe(`kafka-reproducer ${version}\n`);
    const help = await project.reproducer('run', 'one-runs.ts', '--help');
    expect(help.stdout).toContain('Usage: Sub [options]');
  });

  it('says what keeps a module from loading', async () => {
    expect(await usage('broken.ts')).toMatch(/^broken\.ts cannot be loaded: .*absent\.js/);
  });

  it('lists all mistakes of a class once, without a stack', async () => {
    expect(await usage('misused.ts')).toMatch(mistakesOfMisused);
  });
});

describe('mistakes', () => {
  it('of a class are told the same way by the program that holds it, with exit code 2', async () => {
    const { code, stderr } = await project.node(tsx, 'misused.ts');
    expect(stderr).toMatch(mistakesOfMisused);
    expect(code).toBe(2);
  });

  let server: Server;
  let connections = 0;
  beforeAll(async () => {
    server = createServer(socket => {
      connections += 1;
      socket.destroy();
    });
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  });
  afterAll(() => new Promise(resolve => server.close(resolve)));

  it('are told all at once, with exit code 2, before any connection is tried', async () => {
    const { port } = server.address() as AddressInfo;
    const brokers = ['--brokers', `127.0.0.1:${port}`];
    const { code, stderr, stdout } = await project.reproducer(
      ...['run', 'peaks.ts', ...brokers, '--minimum-height', 'tall', '--limit', '0', '--lab', 'xrd'],
      ...['--produce-topic', 'files', '--delivery', 'twice'],
    );
    expect(stderr.split('\n').sort()).toEqual(
      [
        'PeakFinder cannot start:',
        '  - unknown option --lab',
        '  - --limit must be 1 or more; found "0"',
        '  - --delivery must be one of at-least-once, exactly-once; found "twice"',
        '  - --produce-topic must not be the topic that is consumed (files): results would be read as chunks',
        '  - --minimum-height must be a number; found "tall"',
        'Nothing was started. --help lists all options.',
        '',
      ].sort(),
    );
    expect(stdout).toBe('');
    expect(code).toBe(2);
    expect(connections).toBe(0);
  });
});
