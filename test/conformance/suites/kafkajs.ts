import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runCommand } from '../run-command.js';
import { type MissingSuite, type Outcome, type Suite, type Target } from '../suite.js';

const name = 'kafkajs 2.2.4, its own integration specs';
const redirect = fileURLToPath(new URL('../programs/redirect-ports.cjs', import.meta.url));
const timeoutMs = 1_500_000;

interface JestReport {
  readonly testResults: readonly {
    readonly name: string;
    readonly message: string;
    readonly assertionResults: readonly {
      readonly fullName: string;
      readonly status: 'passed' | 'failed' | 'pending' | 'todo';
      readonly failureMessages: readonly string[] | null;
    }[];
  }[];
}

/** @param checkout - kafkajs's sources at the tag v2.2.4, with their development dependencies installed */
export function kafkajsSuite(checkout: string | undefined): Suite | MissingSuite {
  if (checkout === undefined) return { name, missing: 'no --kafkajs FOLDER was given' };
  const jest = join(checkout, 'node_modules/.bin/jest');
  if (!existsSync(jest))
    return { name, missing: `${checkout} has no node_modules/.bin/jest: run npm install there` };
  return { name, run: target => runSpecs(checkout, jest, target) };
}

/**
 * Runs all specs, then those files again, one after the other, in which something has failed: they wait for fixed times, which are too short
 * where many of them run at once. A test has passed that has passed in either run.
 */
async function runSpecs(checkout: string, jest: string, target: Target): Promise<Outcome[]> {
  const first = await runJest(checkout, jest, target, ['--maxWorkers=3']);
  const files = first.testResults
    .filter(file => outcomes(checkout, { testResults: [file] }).some(({ hasPassed }) => !hasPassed))
    .map(({ name }) => name);
  if (files.length === 0) return outcomes(checkout, first);
  const second = await runJest(checkout, jest, target, ['--runInBand', '--runTestsByPath', ...files]);
  return better(outcomes(checkout, first), outcomes(checkout, second));
}

/** Of each test the outcome of the first run, or that of the second where only it has passed. */
export function better(first: readonly Outcome[], second: readonly Outcome[]): Outcome[] {
  const passed = new Map(second.filter(({ hasPassed }) => hasPassed).map(each => [each.test, each]));
  return first.map(each => (each.hasPassed ? each : (passed.get(each.test) ?? each)));
}

async function runJest(
  checkout: string,
  jest: string,
  target: Target,
  flags: readonly string[],
): Promise<JestReport> {
  const report = join(target.folder, 'jest.json');
  const args = ['--config', JSON.stringify(jestConfig(checkout)), '--json', '--outputFile', report];
  // Without TLS and SASL, which the embedded broker does not have and the real one is not set up for.
  const filter = ['-t', '^(?!.*(SSL|SASL))', '--testTimeout=60000'];
  await runCommand(jest, [...args, ...filter, '--forceExit', '--no-watchman', ...flags], {
    folder: checkout,
    timeoutMs,
    exitCodes: [0, 1],
    env: { CONFORMANCE_BROKER: target.broker, KAFKA_VERSION: '2.4', NODE_ENV: 'test', TEST_RETRIES: '2' },
  });
  return JSON.parse(readFileSync(report, 'utf8')) as JestReport;
}

function jestConfig(checkout: string) {
  return {
    rootDir: checkout,
    moduleNameMapper: { testHelpers: '<rootDir>/testHelpers/index.js' },
    setupFiles: [redirect],
    setupFilesAfterEnv: ['<rootDir>/testHelpers/setup.js'],
    // Specs of access rights and of SASL: their connections need it.
    testPathIgnorePatterns: ['/node_modules/', 'Acls.spec', 'saslAuthenticator', 'reauthenticate'],
    testRegex: 'src/(admin|broker|cluster|consumer|producer)/.*spec\\.js$',
    testRunner: 'jest-circus/runner',
    testEnvironment: 'node',
  };
}

function outcomes(checkout: string, { testResults }: JestReport): Outcome[] {
  return testResults
    .filter(({ name }) => readFileSync(name, 'utf8').includes('testHelpers'))
    .flatMap(file => {
      const spec = file.name.slice(join(checkout, 'src/').length).replace('__tests__/', '');
      if (file.assertionResults.length === 0 && file.message !== '') {
        return [{ test: `${spec}: loads`, hasPassed: false, seen: withoutStack(file.message) }];
      }
      return file.assertionResults
        .filter(({ status }) => status === 'passed' || status === 'failed')
        .map(({ fullName, status, failureMessages }) => ({
          test: `${spec}: ${fullName}`,
          hasPassed: status === 'passed',
          seen: status === 'passed' ? '' : withoutStack(failureMessages?.[0] ?? ''),
        }));
    });
}

/** The message only: a stack names folders of this machine. */
function withoutStack(text: string): string {
  return text.split(/\n\s+at /)[0]!.slice(0, 300);
}
