import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { compileProgram } from '../../invariants/harness/worker-process.js';

const lineCount = 2_000;

let folder: string;
let program: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'shared-log-file-'));
  program = await compileProgram(new URL('./log-lines.ts', import.meta.url), 'to-sources');
});
afterAll(() => rmSync(folder, { recursive: true }));

/** @param killAfter it is killed once it has logged so many lines. @returns the number of the last one */
async function run(logs: string, id: string, mostBytes: number, killAfter = Infinity): Promise<number> {
  const child = spawn(process.execPath, [program, logs, id, String(mostBytes), String(lineCount)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let last = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    last = Number(line);
    if (last >= killAfter) child.kill('SIGKILL');
  }
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return last;
}

/** The numbers of a process's lines, in the order of the files; every line must be whole. */
function numbersIn(logs: string): Map<string, number[]> {
  const numbers = new Map<string, number[]>();
  for (const name of readdirSync(logs).sort().reverse())
    for (const line of readFileSync(join(logs, name), 'utf8').split('\n').slice(0, -1)) {
      const [, id, number, end] = /^\[Worker [\d-]+ [\d:]+\] WARNING: (\w+) (\d+) (x*\.)$/.exec(line) ?? [];
      expect(end, line).toHaveLength((Number(number) % 200) + 1);
      numbers.set(id!, [...(numbers.get(id!) ?? []), Number(number)]);
    }
  return numbers;
}

const upTo = (last: number): number[] => Array.from({ length: last }, (_, at) => at + 1);

it('has every line whole, when several processes write and one of them moves it away', async () => {
  const logs = join(folder, 'several');
  // Moved away once: that of the last process is not large enough any more.
  const ids = ['a', 'b', 'c'];
  await Promise.all(ids.map(id => run(logs, id, 500_000)));
  expect(readdirSync(logs).sort()).toEqual(['Worker.log', 'Worker.log.1']);
  const numbers = numbersIn(logs);
  for (const id of ids)
    expect(
      numbers.get(id)!.sort((a, b) => a - b),
      id,
    ).toEqual(upTo(lineCount));
});

it('has every line that was logged before a kill', async () => {
  const logs = join(folder, 'killed');
  const killedAt = new Map<string, number>();
  for (const [id, killAfter] of [
    ['a', 1],
    ['b', 500],
    ['c', 1_500],
  ] as const)
    killedAt.set(id, await run(logs, id, 10_000_000, killAfter));
  const numbers = numbersIn(logs);
  for (const [id, last] of killedAt) {
    const there = numbers.get(id)!;
    expect(there, id).toEqual(upTo(there.length));
    // One may have been written and not printed.
    expect(there.length - last, id).toBeOneOf([0, 1]);
  }
});
