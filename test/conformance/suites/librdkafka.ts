import { fileURLToPath } from 'node:url';
import { pythonEnvironment } from '../../interop/python-environment.js';
import { runCommand } from '../run-command.js';
import { type MissingSuite, type Outcome, type Suite, type Target } from '../suite.js';

const name = 'librdkafka, through confluent-kafka for Python';
const program = fileURLToPath(new URL('../programs/librdkafka_cases.py', import.meta.url));
const timeoutMs = 400_000;

export function librdkafkaSuite(): Suite | MissingSuite {
  const environment = pythonEnvironment();
  if (environment.kind === 'missing') return { name, missing: environment.reason };
  return { name, run: target => runProgram(environment.python, target) };
}

/** The program prints one JSON object per case. */
async function runProgram(python: string, { broker }: Target): Promise<Outcome[]> {
  const { stdout } = await runCommand(python, [program, broker], { timeoutMs });
  return stdout
    .split('\n')
    .filter(line => line.startsWith('{'))
    .map(line => JSON.parse(line) as Outcome);
}
