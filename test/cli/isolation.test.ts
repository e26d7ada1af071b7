import { transformSync } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EmbeddedKafka } from '../../src/embedded-kafka/index.js';
import { topicsWith } from './topics-with-files.js';
import { command, tsx, UserProject, type Ended } from './user-project.js';

/** Where a call ran: the worker's process leaves its id in the environment that children get. */
const head = `
import { isMainThread } from 'node:worker_threads';
import * as package_ from 'kafka-reproducer';
const { CliOption, createReproducer, Processor, Reproducer, runReproducer } = package_;
process.env.WORKER_PID ??= String(process.pid);
const place = () => (!isMainThread ? 'thread' : process.env.WORKER_PID === String(process.pid) ? 'worker' : 'process');

class Unit { constructor(public name: string) {} }
`;

const classText = (constructorText = '') => `
@Reproducer()
class PeakFinder {
  @CliOption() minimumHeight = 50;
  @CliOption({ type: 'string', parse: text => new Unit(text) }) unit = new Unit('mm');
  started = 0;
  ${constructorText}
  onStart() { this.started += 1; }
  @Processor()
  findPeaks(file: package_.DataFile) {
    const { minimumHeight, unit, started } = this;
    const isUnit = unit instanceof Unit;
    return { path: file.path, text: file.text(), place: place(), minimumHeight, unit: unit.name, isUnit, started };
  }
}
`;

const run = 'await runReproducer(PeakFinder, import.meta);';
const program = `${head}${classText()}${run}`;

function javaScript(source: string, format: 'esm' | 'cjs' = 'esm'): string {
  const tsconfigRaw = { compilerOptions: { experimentalDecorators: true } };
  return transformSync(source, { loader: 'ts', format, target: 'node20', tsconfigRaw }).code;
}

describe.concurrent('isolation', () => {
  let kafka: EmbeddedKafka;
  let project: UserProject;
  beforeAll(async () => {
    kafka = await EmbeddedKafka.start();
    project = new UserProject();
    project.write('peaks.ts', program);
    project.write('peaks.js', javaScript(program));
    project.write('exported.ts', `${head}${classText()}export { PeakFinder };`);
    project.write('standard/tsconfig.json', '{ "compilerOptions": { "target": "ES2022" } }');
    project.write('standard/peaks.ts', program);
    project.write('commonjs/package.json', '{ "type": "commonjs" }');
    project.write(
      'commonjs/peaks.js',
      javaScript(
        `${head}${classText()}
        async function main() { await new Promise(setImmediate); await runReproducer(PeakFinder, module); }
        void main();`,
        'cjs',
      ),
    );
    const withUnit = classText('constructor(private readonly factor: number) {}')
      .replace('minimumHeight, unit,', 'unit,')
      .replace(
        'place: place(), minimumHeight,',
        'place: place(), minimumHeight: this.minimumHeight * this.factor,',
      );
    const start = (name: string, options: string) => `
      const ${name} = createReproducer(PeakFinder, { argv: process.argv.slice(2), ${options} });
      await ${name}.start();
      const { outcome, exitCode } = await ${name}.ended;
      console.log(outcome, exitCode);
      process.exit(exitCode);`;
    const create = 'create: () => new PeakFinder(1),';
    project.write('created.js', javaScript(`${head}${withUnit}${start('worker', create)}`));
    project.write(
      'elsewhere.js',
      javaScript(`${head}const { PeakFinder } = await import('./class-alone.js');
        ${start('worker', "module: new URL('./class-alone.js', import.meta.url),")}`),
    );
    project.write('class-alone.js', javaScript(`${head}${classText()}export { PeakFinder };`));
    project.write('empty.js', 'export const nothing = 1;');
    project.write(
      'only-worker.js',
      javaScript(`${head}${classText()}if (isMainThread && process.send === undefined) ${run}`),
    );
    const noticeable = classText('constructor() { console.log(`made in the ${place()}`); }').replace(
      'this.started += 1;',
      "console.log('onStart');",
    );
    project.write('noticeable.js', javaScript(`${head}${noticeable}${run}`));
    project.write(
      'wrong.js',
      javaScript(
        `${head}${classText()}${start('worker', "module: new URL('./empty.js', import.meta.url),")}`.replace(
          'await worker.start();',
          'await worker.start().catch(error => console.log(error.message));',
        ),
      ),
    );
    project.write(
      'lost.js',
      javaScript(`${head}${classText()}
        const worker = createReproducer(PeakFinder, {
          argv: process.argv.slice(2), module: new URL('./class-alone.js', import.meta.url), create: () => new PeakFinder() });
        await worker.start().catch(error => console.log(error.name, error.message));
        process.exitCode = (await worker.ended).exitCode;`),
    );
  });
  afterAll(async () => {
    project.remove();
    await kafka.stop();
  });

  async function runs(isolation: string, args: readonly string[]): Promise<Ended> {
    const { flags, values } = await topicsWith(kafka, ['a.xy', 'b.xy']);
    const ended = await project.node(
      ...[...args, ...flags, '--isolation', isolation, '--until-idle', '500ms', '--state-topic', 'none'],
      ...['--minimum-height', '80', '--unit', 'cm'],
    );
    expect(ended, ended.stdout + ended.stderr).toMatchObject({ code: 0 });
    const common = { place: isolation, minimumHeight: 80, unit: 'cm', isUnit: true, started: 1 };
    expect(values().sort(byPath)).toEqual(
      ['a.xy', 'b.xy'].map(path => ({ ...common, path, text: `content of ${path}` })),
    );
    return ended;
  }

  const ways: [string, string[]][] = [
    ['node file.js', ['peaks.js']],
    ['tsx file.ts', [tsx, 'peaks.ts']],
    ['node --import tsx file.ts, standard decorators', ['--import', 'tsx', 'standard/peaks.ts']],
    ['reproducer run file.js', [command, 'run', 'peaks.js']],
    ['reproducer run file.ts', [command, 'run', 'peaks.ts']],
    ['reproducer run file.ts, standard decorators', [command, 'run', 'standard/peaks.ts']],
    ['reproducer run of a module that only exports the class', [command, 'run', 'exported.ts']],
    ['a CommonJS program that gets to runReproducer later', ['commonjs/peaks.js']],
    ['createReproducer with create', ['created.js']],
    ['createReproducer with a class of another module', ['elsewhere.js']],
  ];
  for (const isolation of ['thread', 'process'])
    for (const [way, args] of ways)
      it(`${isolation}: calls the method there under ${way}`, async () => {
        await runs(isolation, args);
      });

  const noBroker = ['--brokers', 'localhost:1', '--consume-topic', 'files', '--produce-topic', 'peaks'];

  it('is refused at the start where no module with the class is known', async () => {
    const argv = JSON.stringify(['--isolation', 'process', ...noBroker]);
    const end = `await runReproducer(PeakFinder, undefined, { argv: ${argv} });`;
    const text = javaScript(`${head}${classText()}${end}`);
    const { code, stderr } = await project.node('--input-type=module', '--eval', text);
    expect(stderr).toContain(
      'this process runs no file. Put PeakFinder into a module of its own that exports it',
    );
    expect(code).toBe(2);
  });

  it('is refused at the start where the module does not have the class, or not what makes it', async () => {
    const { code, stdout, stderr } = await project.node('lost.js', '--isolation', 'thread', ...noBroker);
    expect(stdout, stderr).toContain('did not call runReproducer or createReproducer with PeakFinder');
    expect(code).toBe(2);
  });

  it('is refused at the start where the module has no such class', async () => {
    const { code, stdout, stderr } = await project.node('wrong.js', '--isolation', 'process', ...noBroker);
    expect(stdout, stderr).toContain('empty.js was loaded and has no class PeakFinder');
    expect(code).toBe(2);
  });

  async function checks(isolation: string, file: string): Promise<Ended> {
    const { flags } = await topicsWith(kafka, []);
    return project.node(...[command, 'check', file, ...flags, '--isolation', isolation]);
  }

  it.each(['thread', 'process'])(
    '%s: is looked at by --check, up to an instance, without its hook',
    async isolation => {
      const { code, stdout, stderr } = await checks(isolation, 'noticeable.js');
      expect(stdout, stderr).toContain(
        `ok       isolation      a ${isolation} of its own finds PeakFinder in ${project.path('noticeable.js')}\n`,
      );
      expect(stdout.match(/made in the \w+|onStart/g)).toEqual([
        'made in the worker',
        `made in the ${isolation}`,
      ]);
      expect(code).toBe(0);
    },
  );

  it.each(['thread', 'process'])(
    '%s: a class that only the worker gets is a problem of --check',
    async isolation => {
      const { code, stdout, stderr } = await checks(isolation, 'only-worker.js');
      expect(stdout, stderr).toMatch(
        /problem {2}isolation .*only-worker\.js was loaded and has no class PeakFinder: it neither exports it/,
      );
      expect(stdout).toContain('PeakFinder cannot work like this: 1 problem.');
      expect(code).toBe(1);
    },
  );

  it('none: a class that only the worker gets is enough', async () => {
    const { code, stdout, stderr } = await checks('none', 'only-worker.js');
    expect(stdout, stderr).toContain('PeakFinder can start.');
    expect(stdout).not.toContain('isolation');
    expect(code).toBe(0);
  });
});

function byPath(one: unknown, other: unknown): number {
  return (one as { path: string }).path < (other as { path: string }).path ? -1 : 1;
}
