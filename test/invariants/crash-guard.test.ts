import { expect, test } from 'vitest';
import type { BrokerUnderTest } from './harness/broker-under-test.js';
import { differences } from './harness/result-account.js';
import { sceneForEachTest } from './harness/scene-for-each-test.js';
import { until } from './harness/topics.js';
import { Scene } from './harness/scene.js';
import { seededBytes } from './harness/seeded-random.js';
import { sentFile } from './harness/sent-file.js';
import type { WorkerProcess } from './harness/worker-process.js';

const waitMs = 60_000;
const deliveries = ['at-least-once', 'exactly-once'];
/** As many as it may take, and some more. */
const mostStarts = 12;
let broker: BrokerUnderTest;
let program: string;
let scene: Scene;

sceneForEachTest(
  new URL('./programs/fragile.ts', import.meta.url),
  stage => ({ broker, program, scene } = stage),
);

interface Runs {
  readonly workers: readonly WorkerProcess[];
  readonly code: number | null;
}

/** Starts the worker as a service manager does, again and again, until it ends by itself. */
async function runUntilItLives(...flags: readonly string[]): Promise<Runs> {
  const workers: WorkerProcess[] = [];
  while (workers.length < mostStarts) {
    const worker = scene.start(
      program,
      '--crash-limit',
      '3',
      '--until-idle',
      '1s',
      '--session-timeout',
      '2s',
      ...flags,
    );
    workers.push(worker);
    const { code, signal } = await worker.exited;
    if (signal === null) return { workers, code };
  }
  throw new Error(`still dying after ${mostStarts} starts\n${workers.at(-1)!.output()}`);
}

const callsOf = (path: string, workers: readonly WorkerProcess[]): number =>
  workers.flatMap(({ otherOutput }) => otherOutput).filter(line => line === `called ${path}`).length;

test.each(deliveries.flatMap(delivery => [1, 4].map(concurrency => [delivery, concurrency] as const)))(
  '%s, %i at a time: a file that kills its process is given up, and all others are done',
  async (delivery, concurrency) => {
    const files = await scene.upload('before', 10);
    await scene.sender.send(sentFile('kills/one.dat', seededBytes('kills', 3000), 1000).chunks);
    files.push(...(await scene.upload('after', 10)));

    const { workers, code } = await runUntilItLives(
      ...['--delivery', delivery, '--concurrency', String(concurrency)],
    );
    expect(code).toBe(3);
    // Of four suspects it is the second one that dies alone.
    const deaths = concurrency === 1 ? 3 : 4;
    expect(callsOf('kills/one.dat', workers)).toBe(deaths);
    expect(workers).toHaveLength(deaths + 1);
    const [letter, ...rest] = await scene.deadLetters();
    expect(rest).toEqual([]);
    expect(letter!.headers).toMatchObject({ 'file-path': 'kills/one.dat', reason: 'crashed' });
    const results = await scene.results.catchUp();
    expect(differences(files, results)).toEqual([]);
    if (delivery === 'exactly-once') expect(results).toHaveLength(files.length);

    const { workers: retrying } = await runUntilItLives('--delivery', delivery, '--retry-failed');
    expect(callsOf('kills/one.dat', retrying)).toBe(0);
    expect(retrying[0]!.lines.map(({ msg }) => msg).join('\n')).toContain(
      '1 of the files that failed before are not run again by --retry-failed, as the process died of them: kills/one.dat',
    );
  },
  3 * waitMs,
);

test(
  'two workers that share the partitions: only the one that has the file dies, and it is given up after three deaths',
  async () => {
    const byFile = await Scene.open(broker.brokers, 'by-file');
    const flags = [
      '--crash-limit',
      '3',
      '--placement',
      'by-file',
      '--session-timeout',
      '2s',
      '--delivery',
      'exactly-once',
    ];
    const files = await byFile.upload('before', 20);
    await byFile.sender.send(sentFile('kills/one.dat', seededBytes('kills', 3000), 1000).chunks);
    files.push(...(await byFile.upload('after', 20)));
    const places = [byFile.start(program, ...flags), byFile.start(program, ...flags)];
    const all = [...places];
    const isOver = (): boolean => all.some(({ lines }) => lines.some(({ kind }) => kind === 'file-failed'));
    // A service manager for each of them.
    await until('the file to be given up', 2 * waitMs, () => {
      for (const [at, { hasExited }] of places.entries()) {
        if (!hasExited) continue;
        places[at] = byFile.start(program, ...flags);
        all.push(places[at]);
      }
      return isOver();
    });
    await until('all results', waitMs, () => byFile.results.files.size === files.length);
    expect(callsOf('kills/one.dat', all)).toBe(3);
    expect(await byFile.deadLetters()).toMatchObject([{ headers: { reason: 'crashed' } }]);
    const results = await byFile.results.catchUp();
    expect(differences(files, results)).toEqual([]);
    expect(results).toHaveLength(files.length);
    await byFile.close();
  },
  4 * waitMs,
);
