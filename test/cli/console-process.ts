import { spawn } from 'node:child_process';
import { once } from 'node:events';

const quitMs = 60_000;

/** A program that runs until it is told to end on standard input. */
export class ConsoleProcess {
  readonly #child;
  #printed = '';

  constructor(command: string, args: readonly string[]) {
    this.#child = spawn(command, args, { stdio: ['pipe', 'ignore', 'pipe'] });
    this.#child.stderr.on('data', (text: Buffer) => (this.#printed += text.toString()));
    this.#child.stdin.on('error', () => undefined);
  }

  /** What it wrote to standard error. */
  get printed(): string {
    return this.#printed;
  }

  /** Ends it as people do, by `q`. */
  async quit(): Promise<void> {
    this.#child.stdin.write('q\n');
    await once(this.#child, 'close', { signal: AbortSignal.timeout(quitMs) });
  }

  get exitCode(): number | null {
    return this.#child.exitCode;
  }

  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill('SIGKILL');
    await once(this.#child, 'close');
  }
}
