import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { transformSync } from 'esbuild';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** The built `reproducer` command. */
export const command = join(root, 'dist/src/cli/main.js');
export const tsx = join(root, 'node_modules/tsx/dist/cli.mjs');
/**
 * For processes that get signals: the command `tsx` runs the program in a process of its own, and kills it when it does
 * not answer a signal within 30 ms, as may happen on a busy machine.
 */
export const underTsx = ['--import', pathToFileURL(join(root, 'node_modules/tsx/dist/loader.mjs')).href];

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A folder with a user's modules, where the built package is installed. */
export class UserProject {
  readonly folder: string;
  private readonly children = new Set<ChildProcess>();

  constructor() {
    mkdirSync(join(root, 'dist/test-projects'), { recursive: true });
    this.folder = mkdtempSync(join(root, 'dist/test-projects/project-'));
    mkdirSync(this.path('node_modules'));
    symlinkSync(root, this.path('node_modules/kafka-reproducer'));
    this.write('tsconfig.json', JSON.stringify({ compilerOptions: { experimentalDecorators: true } }));
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  write(name: string, text: string): string {
    const path = this.path(name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    return path;
  }

  /** Writes a module in TypeScript and beside it in JavaScript, as a compiler would make it. */
  writeBoth(name: string, source: string): void {
    this.write(`${name}.ts`, source);
    const tsconfigRaw = { compilerOptions: { experimentalDecorators: true } };
    this.write(`${name}.js`, transformSync(source, { loader: 'ts', target: 'node20', tsconfigRaw }).code);
  }

  /** Runs `node` with these arguments in the folder, until it ends. */
  node(...args: string[]): Promise<Ended> {
    return this.start(args).ended;
  }

  /** Runs the `reproducer` command. */
  reproducer(...args: string[]): Promise<Ended> {
    return this.node(command, ...args);
  }

  start(args: readonly string[], program = process.execPath) {
    const child = spawn(program, args, {
      cwd: this.folder,
      // What the test's own environment sets must not reach the program.
      env: { PATH: process.env.PATH, HOME: process.env.HOME },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 50_000,
      killSignal: 'SIGKILL',
    });
    this.children.add(child);
    child.once('close', () => this.children.delete(child));
    const output = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (text: string) => (output[name] += text));
    }
    const ended = once(child, 'close').then(([code, signal]): Ended => ({
      code: code as number | null,
      signal: signal as Ended['signal'],
      ...output,
    }));
    /** Resolves when standard output or error holds the text; rejects when the program ends without it. */
    const printed = (text: string): Promise<void> =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if ((output.stdout + output.stderr).includes(text)) resolve();
        };
        child.stdout.on('data', look);
        child.stderr.on('data', look);
        look();
        void ended.then(() =>
          reject(new Error(`"${text}" was not printed:\n${output.stdout}${output.stderr}`)),
        );
      });
    return { child, ended, printed, output };
  }

  /** Also ends what a failed test has left running: nobody would, once the test's own process is gone. */
  remove(): void {
    for (const child of this.children) child.kill('SIGKILL');
    rmSync(this.folder, { recursive: true });
  }
}

/** Source of a decorated class, in TypeScript. `body` stands in the class, `before` in its method, `end` after the class. */
export function peakFinder({ body = '', end = '', name = 'PeakFinder', before = '' } = {}): string {
  return `
import { CliOption, Processor, Reproducer, runReproducer, type DataFile } from 'kafka-reproducer';

@Reproducer('files', 'peaks')
export class ${name} {
  @CliOption({ description: 'Smallest height that counts as a peak' })
  minimumHeight: number = 50;

  ${body}

  @Processor({ attempts: 1 })
  async findPeaks(file: DataFile) {
    ${before}
    if (file.path.startsWith('bad')) throw new Error('no header');
    return { path: file.path, height: this.minimumHeight };
  }
}
${end}
`;
}
