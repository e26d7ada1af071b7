import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { until } from './topics.js';

/** One line of the worker's JSON log. */
export type LogLine = Readonly<Record<string, unknown>> & { readonly msg?: string; readonly level?: number };

const projectFolder = fileURLToPath(new URL('../../../', import.meta.url));

/**
 * Compiles a program of the tests, as a user would, and puts it where `kafka-reproducer` means the built package.
 * @param source a TypeScript file
 * @param linking `to-package`: it uses the built package; `to-sources`: it has the sources that it imports in it
 * @returns path of the JavaScript
 */
export async function compileProgram(
  source: URL,
  linking: 'to-package' | 'to-sources' = 'to-package',
): Promise<string> {
  const path = fileURLToPath(source);
  const folder = `${projectFolder}dist/test-programs`;
  mkdirSync(folder, { recursive: true });
  const outfile = `${folder}/${path.split('/').at(-1)!.replace(/\.ts$/, '')}-${process.pid}.mjs`;
  await build({
    entryPoints: [path],
    outfile,
    format: 'esm',
    target: 'node20',
    logLevel: 'error',
    ...(linking === 'to-sources' ? { bundle: true, platform: 'node', packages: 'external' } : {}),
    tsconfigRaw: { compilerOptions: { experimentalDecorators: true, useDefineForClassFields: true } },
  });
  return outfile;
}

const running = new Set<ChildProcess>();
process.once('exit', () => running.forEach(child => child.kill('SIGKILL')));

/** A worker in a process of its own, and what it logs. */
export class WorkerProcess {
  readonly lines: LogLine[] = [];
  /** What it printed that is not a JSON log line. */
  readonly otherOutput: string[] = [];
  readonly #child: ChildProcess;
  readonly exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  hasExited = false;

  /**
   * @param program what `compileProgram` returned
   * @param env beside this process's environment
   */
  constructor(program: string, flags: readonly string[], env: Readonly<Record<string, string>> = {}) {
    this.#child = spawn(process.execPath, [program, ...flags], {
      cwd: projectFolder,
      // Who kills workers here is the test, and not a file. They leave nothing in this project.
      env: { ...process.env, REPRODUCER_CRASH_LIMIT: '0', REPRODUCER_TABLES: 'none', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    running.add(this.#child);
    for (const stream of [this.#child.stdout!, this.#child.stderr!])
      createInterface({ input: stream }).on('line', line => this.#take(line));
    this.exited = once(this.#child, 'close').then(([code, signal]) => {
      this.hasExited = true;
      running.delete(this.#child);
      return { code: code as number | null, signal: signal as NodeJS.Signals | null };
    });
  }

  get pid(): number {
    return this.#child.pid!;
  }

  #take(line: string): void {
    try {
      this.lines.push(JSON.parse(line) as LogLine);
    } catch {
      this.otherOutput.push(line);
    }
  }

  async waitForLine(what: string, timeoutMs: number, matches: (line: LogLine) => boolean): Promise<LogLine> {
    await this.#orExplain(what, timeoutMs, () => this.lines.some(matches));
    return this.lines.find(matches)!;
  }

  /** Waits for a state of the outside; fails at once, with what the worker printed, when the worker ends before. */
  async runUntil(
    what: string,
    timeoutMs: number,
    isReached: () => boolean | Promise<boolean>,
  ): Promise<void> {
    await this.#orExplain(what, timeoutMs, isReached);
  }

  async #orExplain(
    what: string,
    timeoutMs: number,
    isReached: () => boolean | Promise<boolean>,
  ): Promise<void> {
    try {
      await until(what, timeoutMs, async () => {
        if (await isReached()) return true;
        if (this.hasExited) throw new Error(`the worker ended while waiting for: ${what}`);
        return false;
      });
    } catch (error) {
      throw new Error(`${(error as Error).message}\n${this.output()}`, { cause: error });
    }
  }

  /** The last lines it printed, for messages of failed checks. */
  output(): string {
    const lines = [...this.lines.map(line => JSON.stringify(line)), ...this.otherOutput];
    return lines.slice(-40).join('\n');
  }

  send(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async kill(): Promise<void> {
    this.send('SIGKILL');
    await this.exited;
  }
}
