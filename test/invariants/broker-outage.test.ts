import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { setTimeout as delay } from 'node:timers/promises';
import { fragileBroker, isOnRealKafka, type FragileBroker } from './harness/broker-under-test.js';
import { differences } from './harness/result-account.js';
import { Scene } from './harness/scene.js';
import { compileProgram } from './harness/worker-process.js';

const waitMs = 60_000;
const outageMs = isOnRealKafka ? 8000 : 1000;
const testTimeoutMs = 180_000;
/** A worker that reconnects is a new member: it waits until the group has given up the old one. */
const shortSession = ['--session-timeout', '6s'];
let broker: FragileBroker;
let program: string;
let scene: Scene;

beforeAll(async () => {
  program = await compileProgram(new URL('./programs/hash-files.ts', import.meta.url));
});
beforeEach(async () => {
  broker = await fragileBroker();
  scene = await Scene.open(broker.brokers);
}, testTimeoutMs);
afterEach(async () => {
  await scene.close();
  await broker.close();
}, testTimeoutMs);

test(
  'a worker goes on by itself when the broker crashes under it and comes back',
  async () => {
    const before = await scene.upload('before', 40);
    const worker = scene.start(program, '--delay-ms', '40', ...shortSession);
    await scene.waitForResults(worker, 5, waitMs);
    await broker.crash();
    await delay(outageMs);
    expect(worker.hasExited).toBe(false);
    await broker.resume();
    const after = await scene.upload('after', 10);
    await scene.waitForResults(worker, 50, waitMs);

    expect(differences([...before, ...after], await scene.results.catchUp(waitMs))).toEqual([]);
    worker.send('SIGTERM');
    expect(await worker.exited).toEqual({ code: 0, signal: null });
  },
  testTimeoutMs,
);

test(
  'a worker that is started while the broker is away says so, waits, and begins when it is back',
  async () => {
    const files = await scene.upload('early', 5);
    await broker.crash();
    const worker = scene.start(program, ...shortSession);
    await worker.waitForLine('a warning about the broker', waitMs, ({ level }) => (level ?? 0) >= 40);
    await delay(outageMs);
    expect(worker.hasExited).toBe(false);
    await broker.resume();
    await scene.waitForResults(worker, files.length, waitMs);

    expect(differences(files, await scene.results.catchUp(waitMs))).toEqual([]);
  },
  testTimeoutMs,
);
