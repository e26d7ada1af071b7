import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { isAlive } from '../is-alive.js';
import { interleave } from './harness/chunk-sender.js';
import { differences } from './harness/result-account.js';
import type { Scene } from './harness/scene.js';
import { sceneForEachTest } from './harness/scene-for-each-test.js';
import { seededBytes } from './harness/seeded-random.js';
import { sentFile, type SentFile } from './harness/sent-file.js';
import { until } from './harness/topics.js';
import type { WorkerProcess } from './harness/worker-process.js';

const waitMs = 60_000;
const isolations = ['thread', 'process'] as const;
let program: string;
let scene: Scene;

sceneForEachTest(new URL('./programs/isolated.ts', import.meta.url), stage => ({ program, scene } = stage));

async function send(...paths: readonly string[]): Promise<SentFile[]> {
  const files = paths.map(path => sentFile(path, seededBytes(path, 5000), 2048));
  await scene.sender.send(interleave(files, 2, files.length));
  return files;
}

const base = (isolation: string): string[] => [
  '--isolation',
  isolation,
  '--until-idle',
  '1s',
  '--backoff',
  '0',
];

/** What the dead letter says of a file in this folder. */
const deaths: Record<string, Readonly<Record<(typeof isolations)[number], RegExp>>> = {
  exits: { thread: /ended with exit code 7$/, process: /ended with exit code 7$/ },
  // A thread that calls process.abort gets an error from Node.
  aborts: { thread: /process\.abort\(\)/, process: /was killed by SIGABRT$/ },
  loops: { thread: /did not finish .* within 500ms/, process: /did not finish .* within 500ms/ },
  timer: {
    thread: /exit code 1 after an error that nothing caught: TypeError: nobody waits for this$/,
    process: /exit code 1 after an error that nothing caught: TypeError: nobody waits for this$/,
  },
  memory: { thread: /used up the memory that its heap may take$/, process: /was killed by SIGABRT$/ },
  'dies-with-the-lock': { thread: /exit code 3$/, process: /exit code 3$/ },
};

for (const isolation of isolations) {
  test.each(Object.keys(deaths))(
    `${isolation}: a file of %s is given up after its attempts, and all others are done`,
    async folder => {
      const files = await scene.upload('before', 4);
      await send(`${folder}/bad.dat`);
      files.push(...(await send('locks/after-0', 'locks/after-1', 'locks/after-2')));

      const limits = folder === 'loops' ? ['--timeout', '500ms'] : [];
      const env = folder === 'memory' ? { NODE_OPTIONS: '--max-old-space-size=100' } : {};
      const worker = scene.startWith(
        env,
        program,
        ...[...base(isolation), '--concurrency', '2', '--attempts', '2', ...limits],
      );
      const { code, signal } = await worker.exited;
      expect({ code, signal }, worker.output()).toEqual({ code: 3, signal: null });
      expect(differences(files, await scene.results.catchUp())).toEqual([]);
      const [letter, ...rest] = await scene.deadLetters();
      expect(rest).toEqual([]);
      const { attempts, error, path } = JSON.parse(letter!.value.toString());
      expect({ attempts, path }).toEqual({ attempts: 2, path: `${folder}/bad.dat` });
      expect(error.message).toMatch(deaths[folder]![isolation]);
      const calls = worker.otherOutput.filter(line => line.startsWith(`called ${folder}/bad.dat`));
      expect(calls).toHaveLength(2);
    },
    2 * waitMs,
  );

  test(`${isolation}: what calls do with the lock never overlaps, wherever they run`, async () => {
    const meetingPlace = mkdtempSync(join(tmpdir(), 'meeting-'));
    try {
      const files = await send(...Array.from({ length: 40 }, (_, at) => `locks/${at}.dat`));
      const flags = ['--concurrency', '3', '--meeting-place', meetingPlace];
      const worker = scene.start(program, ...base(isolation), ...flags);
      expect(await worker.exited, worker.output()).toEqual({ code: 0, signal: null });
      const results = await scene.results.catchUp();
      expect(differences(files, results)).toEqual([]);
      const places = new Set(results.map(({ value }) => JSON.parse(value.toString()).place));
      expect(places.size).toBeGreaterThan(1);
      const steps = worker.otherOutput.filter(line => line === 'enter' || line === 'leave');
      expect(steps).toEqual(files.flatMap(() => ['enter', 'leave']));
    } finally {
      rmSync(meetingPlace, { recursive: true });
    }
  });

  test(`${isolation}: two calls that compute run at the same time`, async () => {
    const meetingPlace = mkdtempSync(join(tmpdir(), 'meeting-'));
    try {
      const files = await send('meets/one.dat', 'meets/two.dat');
      const flags = ['--concurrency', '2', '--meeting-place', meetingPlace];
      const worker = scene.start(program, ...base(isolation), ...flags);
      expect(await worker.exited, worker.output()).toEqual({ code: 0, signal: null });
      expect(differences(files, await scene.results.catchUp())).toEqual([]);
    } finally {
      rmSync(meetingPlace, { recursive: true });
    }
  });
}

/** The process of the first call with a file of this folder. */
async function processOfCall(worker: WorkerProcess, folder: string): Promise<number> {
  const isCall = (line: string): boolean => line.startsWith(`called ${folder}/`);
  await worker.runUntil('the call', waitMs, () => worker.otherOutput.some(isCall));
  return Number(worker.otherOutput.find(isCall)!.split(' ').at(-1));
}

test('processes end when the worker is killed, also one that computes', async () => {
  await send('loops/one.dat', 'waits/two.dat');
  const worker = scene.start(program, '--isolation', 'process', '--concurrency', '2');
  const pids = [await processOfCall(worker, 'loops'), await processOfCall(worker, 'waits')];
  expect(pids.map(isAlive)).toEqual([true, true]);
  expect(pids).not.toContain(worker.pid);
  await worker.kill();
  await until('the end of both', waitMs, () => !pids.some(isAlive));
});

test('processes that get the signals of their worker as well let the running call end, and then run onStop', async () => {
  const meetingPlace = mkdtempSync(join(tmpdir(), 'meeting-'));
  try {
    const files = await send('waits/one.dat');
    const worker = scene.start(program, '--isolation', 'process', '--meeting-place', meetingPlace);
    const child = await processOfCall(worker, 'waits');
    process.kill(child, 'SIGINT');
    process.kill(child, 'SIGTERM');
    worker.send('SIGTERM');
    await worker.waitForLine('its reaction', waitMs, ({ msg }) => msg?.includes('stopping') === true);
    writeFileSync(join(meetingPlace, 'go'), '');
    expect(await worker.exited, worker.output()).toEqual({ code: 0, signal: null });
    expect(differences(files, await scene.results.catchUp())).toEqual([]);
    const hooks = worker.lines.filter(({ msg }) => msg?.startsWith('instance ') === true);
    expect(hooks).toMatchObject([
      { msg: 'instance is ready' },
      { msg: 'instance has ended', outcome: 'stopped' },
    ]);
    expect(isAlive(child)).toBe(false);
  } finally {
    rmSync(meetingPlace, { recursive: true });
  }
});

test('a process in the middle of a computation ends with a worker that does not wait for it', async () => {
  await send('loops/one.dat');
  const worker = scene.start(program, '--isolation', 'process', '--drain-timeout', '100ms');
  const child = await processOfCall(worker, 'loops');
  worker.send('SIGTERM');
  expect(await worker.exited, worker.output()).toEqual({ code: 1, signal: null });
  await until('its end', waitMs, () => !isAlive(child));
});
