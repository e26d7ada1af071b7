import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A Python that can run the original, or why there is none. */
export type PythonEnvironment =
  { readonly kind: 'ready'; readonly python: string } | { readonly kind: 'missing'; readonly reason: string };

const requirement = 'openmsistream==1.8.8';
const folder = fileURLToPath(
  new URL('../../node_modules/.cache/kafka-reproducer/openmsistream-1.8.8', import.meta.url),
);
const installTimeoutMs = 300_000;
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
  if (existsSync(python)) return { kind: 'ready', python };
  // Test files run side by side: it appears as a whole, and the first one wins.
  mkdirSync(dirname(folder), { recursive: true });
  const made = mkdtempSync(`${folder}-`);
  try {
    const problem =
      run('python3', ['-m', 'venv', made]) ??
      run(`${made}/bin/python`, ['-m', 'pip', 'install', '--quiet', requirement]);
    if (problem !== undefined) return missing(`cannot install ${requirement}: ${problem}`);
    moveTo(folder, made);
  } finally {
    rmSync(made, { recursive: true, force: true });
  }
  return { kind: 'ready', python };
}

function moveTo(place: string, made: string): void {
  try {
    renameSync(made, place);
  } catch (error) {
    if (!existsSync(place)) throw error;
  }
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
