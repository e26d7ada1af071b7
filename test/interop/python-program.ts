import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pythonEnvironment } from './python-environment.js';

const environment = pythonEnvironment();

/** Why tests with the original cannot run here; undefined when they can. */
export const whyNoPython = environment.kind === 'missing' ? environment.reason : undefined;
if (whyNoPython !== undefined) console.log(`Skipped: no Python with the original package: ${whyNoPython}`);

/** Runs one of the scripts in python/. @returns standard output */
export function runScript(name: string, args: readonly string[], input = ''): Promise<string> {
  return run(python(), [fileURLToPath(new URL(`python/${name}`, import.meta.url)), ...args], input);
}

/** Runs a command that the original package installs. @returns standard output and error */
export function runOriginal(name: string, args: readonly string[]): Promise<string> {
  return run(originalProgram(name), args, '');
}

/** A command that the original package installs. */
export function originalProgram(name: string): string {
  return join(dirname(python()), name);
}

function python(): string {
  if (environment.kind === 'missing') throw new Error(environment.reason);
  return environment.python;
}

/** Not synchronous: the embedded broker lives in this process. */
function run(command: string, args: readonly string[], input: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'], timeout: 90_000 });
    let output = '';
    let errors = '';
    child.stdout.on('data', (part: Buffer) => (output += part.toString()));
    child.stderr.on('data', (part: Buffer) => (errors += part.toString()));
    child.once('error', reject);
    child.once('close', code => {
      if (code === 0) resolve(output);
      else reject(new Error(`${command} ended with ${String(code)}:\n${errors || output}`));
    });
    child.stdin.end(input);
  });
}
