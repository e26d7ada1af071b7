import { spawnSync } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** A Python that can run the original, or why there is none. */
export type PythonEnvironment =
  { readonly kind: 'ready'; readonly python: string } | { readonly kind: 'missing'; readonly reason: string };

const requirement = 'openmsistream==1.8.8';
const folder = fileURLToPath(
  new URL('../../node_modules/.cache/kafka-reproducer/openmsistream-1.8.8/', import.meta.url),
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
  const python = `${folder}bin/python`;
  const marker = `${folder}complete`;
  if (existsSync(marker)) return { kind: 'ready', python };
  rmSync(folder, { recursive: true, force: true });
  const problem =
    run('python3', ['-m', 'venv', folder]) ?? run(python, ['-m', 'pip', 'install', '--quiet', requirement]);
  if (problem !== undefined) return missing(`cannot install ${requirement}: ${problem}`);
  writeFileSync(marker, '');
  return { kind: 'ready', python };
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
