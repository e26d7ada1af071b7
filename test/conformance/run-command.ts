import { spawn } from 'node:child_process';

export interface CommandOptions {
  readonly input?: string;
  readonly timeoutMs?: number;
  readonly env?: Readonly<Record<string, string>>;
  readonly folder?: string;
  /** Exit codes that are not a failure. Default: only 0. */
  readonly exitCodes?: readonly number[];
}

export interface CommandOutput {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a program to its end. Never synchronously: the embedded broker may live in this process.
 * @throws {Error} it cannot be started, takes too long (then it is killed) or ends with another exit code
 */
export function runCommand(
  program: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandOutput> {
  const { input = '', timeoutMs = 60_000, exitCodes = [0] } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      stdio: 'pipe',
      cwd: options.folder,
      env: { ...process.env, ...options.env },
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
    });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (part: Buffer) => (stdout += part.toString()));
    child.stderr.on('data', (part: Buffer) => (stderr += part.toString()));
    child.once('error', reject);
    child.once('close', (code, signal) => {
      if (code !== null && exitCodes.includes(code)) return resolve({ exitCode: code, stdout, stderr });
      const how =
        signal === 'SIGKILL' ? `killed after ${timeoutMs} ms` : `exit code ${String(code ?? signal)}`;
      reject(new Error(`${how}: ${(stderr + stdout).trim().slice(-600)}`));
    });
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
  });
}
