import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { runCommand } from '../run-command.js';
import { type Outcome, type Suite, type Target } from '../suite.js';

const version = '2.12.1';
/** The client needs 22.22 or later, this project 20.19. */
const nodeVersion = '24';
const program = fileURLToPath(new URL('../programs/platformatic/cases.mjs', import.meta.url));
const installed = fileURLToPath(
  new URL(`../../../node_modules/.cache/kafka-reproducer/platformatic-kafka-${version}`, import.meta.url),
);
const timeoutMs = 400_000;

/** A client in JavaScript of its own make; npm installs it once, below node_modules/.cache. */
export function platformaticSuite(): Suite {
  return { name: `@platformatic/kafka ${version}`, run: runProgram };
}

/** The program prints one JSON object per case. */
async function runProgram({ broker }: Target): Promise<Outcome[]> {
  installing ??= install();
  await installing;
  const command = `node ${[program, installed, broker].map(argument => JSON.stringify(argument)).join(' ')}`;
  const { stdout } = await runCommand('npx', ['--yes', '--package', `node@${nodeVersion}`, '-c', command], {
    timeoutMs,
  });
  return stdout
    .split('\n')
    .filter(line => line.startsWith('{'))
    .map(line => JSON.parse(line) as Outcome);
}

/** One for both brokers, which are run at the same time. */
let installing: Promise<void> | undefined;

async function install(): Promise<void> {
  if (existsSync(`${installed}/node_modules/@platformatic/kafka/package.json`)) return;
  const flags = ['--prefix', installed, '--ignore-scripts', '--no-audit', '--no-fund'];
  await runCommand('npm', ['install', ...flags, `@platformatic/kafka@${version}`], { timeoutMs });
}
