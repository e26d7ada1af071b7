import { expect, test } from 'vitest';
import { until } from '../invariants/harness/topics.js';
import { isAlive } from '../is-alive.js';
import { runAlone } from '../own-process.js';

const watched = (command: string): string => `
  import { spawn } from 'node:child_process';
  import { writeSync } from 'node:fs';
  import { endWithThisProcess } from './real-kafka/end-with-this-process.js';
  const child = spawn(${command});
  endWithThisProcess(child);
  writeSync(1, String(child.pid));`;

test('a child ends with a process that is killed', async () => {
  const killed = runAlone(`${watched("'sleep', ['600']")} process.kill(process.pid, 'SIGKILL');`);
  const { signal, stdout } = await killed.then(
    () => expect.unreachable(),
    (error: unknown) => error as { signal: string; stdout: string },
  );
  expect(signal).toBe('SIGKILL');
  const pid = Number(stdout);
  expect(pid).toBeGreaterThan(1);
  await until('the end of the child', 20_000, () => !isAlive(pid));
});

test('a process ends by itself once its child has ended', async () => {
  expect(Number(await runAlone(watched("'true'")))).toBeGreaterThan(1);
});
