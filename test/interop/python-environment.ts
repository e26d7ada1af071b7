import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A Python that can run the original, or why there is none. */
export type PythonEnvironment =
  { readonly kind: 'ready'; readonly python: string } | { readonly kind: 'missing'; readonly reason: string };

const requirement = 'openmsistream==1.8.8';
const folder = fileURLToPath(
  new URL('../../node_modules/.cache/kafka-reproducer/openmsistream-1.8.8', import.meta.url),
);
const lock = `${folder}.lock`;
const installTimeoutMs = 300_000;
const pollMs = 200;
let known: PythonEnvironment | undefined;

/**
 * Finds or makes a Python with the original package (which brings librdkafka and msgpack).
 *
 * `KAFKA_REPRODUCER_PYTHON` names an interpreter that has it. Otherwise a virtual environment is made once, with pip,
 * below node_modules/.cache.
 */
export function pythonEnvironment(): PythonEnvironment {
  known ??= findOrInstall();
  return known;
}

function findOrInstall(): PythonEnvironment {
  const given = process.env['KAFKA_REPRODUCER_PYTHON'];
  if (given !== undefined && given !== '') {
    const problem = run(given, ['-c', 'import openmsistream, confluent_kafka']);
    return problem === undefined
      ? { kind: 'ready', python: given }
      : missing(`KAFKA_REPRODUCER_PYTHON: ${problem}`);
  }
  const python = `${folder}/bin/python`;
  const marker = `${folder}/complete`;
  mkdirSync(dirname(folder), { recursive: true });
  // Test files run side by side. It cannot be made elsewhere and moved, as its commands name the place.
  if (!lockUnless(() => existsSync(marker))) return { kind: 'ready', python };
  try {
    rmSync(folder, { recursive: true, force: true });
    const problem =
      run('python3', ['-m', 'venv', folder]) ?? run(python, ['-m', 'pip', 'install', '--quiet', requirement]);
    if (problem !== undefined) return missing(`cannot install ${requirement}: ${problem}`);
    writeFileSync(marker, '');
  } finally {
    unlock();
  }
  return { kind: 'ready', python };
}

/** Waits while another process installs it. @returns whether this one has to: it has the lock then */
function lockUnless(isComplete: () => boolean): boolean {
  for (;;) {
    if (isComplete()) return false;
    try {
      mkdirSync(lock);
      return !isComplete() || unlock();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    // Who had it was killed.
    const { mtimeMs } = statSync(lock, { throwIfNoEntry: false }) ?? { mtimeMs: Infinity };
    if (Date.now() - mtimeMs > 2 * installTimeoutMs) unlock();
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pollMs);
  }
}

function unlock(): false {
  rmSync(lock, { recursive: true, force: true });
  return false;
}

function missing(reason: string): PythonEnvironment {
  return { kind: 'missing', reason };
}

/** @returns what went wrong, if something did */
function run(command: string, args: readonly string[]): string | undefined {
  const { status, error, stderr } = spawnSync(command, args, { encoding: 'utf8', timeout: installTimeoutMs });
  if (error !== undefined) return `${command}: ${error.message}`;
  if (status === 0) return undefined;
  return `${command} ended with ${String(status)}: ${stderr.trim().split('\n').at(-1) ?? ''}`;
}
