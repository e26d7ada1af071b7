import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runCommand } from '../run-command.js';
import { type MissingSuite, type Outcome, type Suite, type Target } from '../suite.js';

const folder = fileURLToPath(new URL('../programs/go', import.meta.url));
const timeoutMs = 600_000;

/** The clients written in Go, by their modules. */
const modules = {
  'franz-go': 'github.com/twmb/franz-go',
  sarama: 'github.com/IBM/sarama',
  'kafka-go': 'github.com/segmentio/kafka-go',
} as const;

/** The program is built for each run; Go gets the client's module by itself. */
export function goSuite(client: keyof typeof modules): Suite | MissingSuite {
  if (spawnSync('go', ['version']).status !== 0) return { name: client, missing: 'no go on the path' };
  const [, version] = new RegExp(`${modules[client]} v(\\S+)`).exec(
    readFileSync(join(folder, 'go.mod'), 'utf8'),
  )!;
  return { name: `${client} ${version}`, run: target => runProgram(client, target) };
}

/** The program prints one JSON object per case. */
async function runProgram(client: string, { broker, folder: own }: Target): Promise<Outcome[]> {
  const program = join(own, 'clients');
  await runCommand('go', ['build', '-C', folder, '-o', program, '.'], { timeoutMs });
  const { stdout } = await runCommand(program, [client, broker], { timeoutMs });
  return stdout
    .split('\n')
    .filter(line => line.startsWith('{'))
    .map(line => JSON.parse(line) as Outcome);
}
