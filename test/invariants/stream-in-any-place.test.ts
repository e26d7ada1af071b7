import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { isAlive } from '../is-alive.js';
import type { BrokerUnderTest } from './harness/broker-under-test.js';
import { interleave } from './harness/chunk-sender.js';
import { differences } from './harness/result-account.js';
import type { Scene } from './harness/scene.js';
import { sceneForEachTest } from './harness/scene-for-each-test.js';
import { seededBytes } from './harness/seeded-random.js';
import { sentFile, type SentFile } from './harness/sent-file.js';
import { committedOffsets, endOffsets, until, withAdmin } from './harness/topics.js';
import type { WorkerProcess } from './harness/worker-process.js';

/** Files above both budgets, which the method reads from the topic, wherever it runs. */
const waitMs = 60_000;
const largeBytes = 300_000;
const places = ['none', 'thread', 'process'] as const;
const deliveries = ['at-least-once', 'exactly-once'] as const;
const everyWay = places.flatMap(place => deliveries.map(delivery => [place, delivery] as const));

let broker: BrokerUnderTest;
let program: string;
let scene: Scene;
let folder: string;

sceneForEachTest(
  new URL('./programs/held-stream.ts', import.meta.url),
  stage => ({ broker, program, scene } = stage),
);
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'held-stream-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const outputDir = (): string => join(folder, 'output');

function start(place: string, delivery: string, ...flags: readonly string[]): WorkerProcess {
  return scene.start(
    program,
    ...['--isolation', place, '--delivery', delivery, '--session-timeout', '2s', '--backoff', '0'],
    ...['--memory-budget', '100KB', '--disk-budget', '60KB', '--output-dir', outputDir()],
    ...['--meeting-place', folder, ...flags],
  );
}

/** One that is larger than both budgets, and others that are not, all at once. */
async function sendWithOthers(path: string): Promise<SentFile[]> {
  const files = [
    sentFile(path, seededBytes(path, largeBytes), 7_000),
    ...Array.from({ length: 5 }, (_, at) => sentFile(`small/${at}`, seededBytes(`${at}`, 5_000), 2_048)),
  ];
  await scene.sender.send(interleave(files, 3, files.length));
  return files;
}

/** Waits until a call is in the middle of the stream. @returns its process */
async function inTheMiddle(worker: WorkerProcess): Promise<number> {
  const isThere = (line: string): boolean => line.startsWith('in the middle of waits/');
  await worker.runUntil('the middle of the stream', waitMs, () => worker.otherOutput.some(isThere));
  return Number(worker.otherOutput.find(isThere)!.split(' ').at(-1));
}

function goOn(): void {
  writeFileSync(join(folder, 'go'), '');
}

function bytesOnDisk(): number {
  const paths = readdirSync(folder, { recursive: true }).map(name => join(folder, String(name)));
  // Some may go meanwhile.
  const found = paths.map(path => statSync(path, { throwIfNoEntry: false }));
  return found.reduce((sum, each) => sum + (each?.isFile() === true ? each.size : 0), 0);
}

async function expectEachOnce(files: readonly SentFile[]): Promise<void> {
  const results = await scene.results.catchUp(waitMs);
  expect(differences(files, results)).toEqual([]);
  expect(results.map(({ headers }) => headers['file-path']).sort()).toEqual(
    files.map(({ path }) => path).sort(),
  );
}

const committed = (): Promise<Map<number, bigint>> =>
  withAdmin(broker.brokers, admin => committedOffsets(admin, scene.groupId, scene.topic));

async function expectAllCommitted(): Promise<void> {
  const ends = await withAdmin(broker.brokers, admin => endOffsets(admin, scene.topic));
  expect(await committed()).toEqual(ends);
}

test.each(places)(
  '--isolation %s: a call reads on after the worker was told to stop, and has its result',
  async place => {
    const delivery = 'exactly-once';
    const files = await sendWithOthers('waits/large.dat');
    const worker = start(place, delivery);
    const pid = await inTheMiddle(worker);
    expect(pid === worker.pid).toBe(place !== 'process');
    // A copy of it would lie here.
    expect(bytesOnDisk()).toBeLessThan(largeBytes / 10);
    worker.send('SIGTERM');
    await worker.waitForLine('its reaction', waitMs, ({ msg }) => msg?.includes('stopping') === true);
    goOn();
    expect(await worker.exited, worker.output()).toEqual({ code: 0, signal: null });
    const [large] = files;
    const results = await scene.results.catchUp(waitMs);
    const found = results.filter(({ headers }) => headers['file-path'] === large!.path);
    expect(differences([large!], found)).toEqual([]);
    expect(found).toHaveLength(1);
    // What was not begun by then is done by the next one, and nothing else.
    const next = start(place, delivery, '--until-idle', '1s');
    expect(await next.exited, next.output()).toEqual({ code: 0, signal: null });
    expect(next.otherOutput).not.toContainEqual(expect.stringMatching(/^in the middle of waits/));
    await expectEachOnce(files);
    await expectAllCommitted();
  },
  2 * waitMs,
);

test.each(everyWay)(
  '--isolation %s, %s: a worker that is killed in the middle of the stream leaves the file to the next one, which has one result',
  async (place, delivery) => {
    const files = await sendWithOthers('waits/large.dat');
    const worker = start(place, delivery, '--concurrency', '2');
    const pid = await inTheMiddle(worker);
    // What is committed meanwhile does not pass over the file.
    files.push(...(await scene.upload('late', 3)));
    await scene.waitForResults(worker, files.length - 1, waitMs);
    await worker.runUntil('a commit', waitMs, async () => (await committed()).size > 0);
    await worker.kill();
    if (pid !== worker.pid) await until('the end of its child', waitMs, () => !isAlive(pid));
    goOn();
    const next = start(place, delivery, '--until-idle', '1s');
    expect(await next.exited, next.output()).toEqual({ code: 0, signal: null });
    expect(next.otherOutput).toContainEqual(expect.stringMatching(/^in the middle of waits/));
    const results = await scene.results.catchUp(waitMs);
    expect(differences(files, results)).toEqual([]);
    if (delivery === 'exactly-once') await expectEachOnce(files);
    expect(results.filter(({ headers }) => headers['file-path'] === 'waits/large.dat')).toHaveLength(1);
    await expectAllCommitted();
    expect(bytesOnDisk()).toBe(0);
  },
  2 * waitMs,
);

test.each(places.filter(place => place !== 'none'))(
  '--isolation %s: the file is read anew when what runs the method dies in the middle of the stream',
  async place => {
    const files = await sendWithOthers('dies/large.dat');
    const worker = start(place, 'exactly-once', '--until-idle', '1s', '--attempts', '2');
    expect(await worker.exited, worker.output()).toEqual({ code: 0, signal: null });
    const attempts = worker.otherOutput.filter(line => line.startsWith('in the middle of dies/'));
    expect(attempts.map(line => line.split(' ')[6])).toEqual(['1', '2']);
    await expectEachOnce(files);
    expect(await scene.deadLetters()).toEqual([]);
    await expectAllCommitted();
  },
  2 * waitMs,
);
