import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { brokerUnderTest, isOnRealKafka, type BrokerUnderTest } from './harness/broker-under-test.js';
import { KeptTables, type KeptRow } from './harness/kept-tables.js';
import { Scene } from './harness/scene.js';
import { seededBytes, seededRandom, wholeBetween } from './harness/seeded-random.js';
import { sentFile, type SentFile } from './harness/sent-file.js';
import { until } from './harness/topics.js';
import { compileProgram, type WorkerProcess } from './harness/worker-process.js';

const roundCount = isOnRealKafka ? 6 : 3;
/** After writing for so long a worker writes nothing for a hundred times as long. */
const waitMs = 120_000;
/** Their rows take a writer some tenths of a second. */
const oldCount = 60_000;
const seed = Number(process.env['KAFKA_REPRODUCER_TEST_SEED'] ?? Date.now() % 1_000_000);

let broker: BrokerUnderTest;
let program: string;
let scene: Scene;
let folder: string;
let tables: KeptTables;

beforeAll(async () => {
  broker = await brokerUnderTest();
  program = await compileProgram(new URL('./programs/fragile.ts', import.meta.url));
});
afterAll(() => broker.close());
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tables-'));
  scene = await Scene.open(broker.brokers, 'by-file');
  const { topic, groupId: group, resultTopic: results } = scene;
  tables = new KeptTables(folder, { topic, group, results });
});
afterEach(async () => {
  await scene.close();
  rmSync(folder, { recursive: true });
});

const isOld = ({ path }: KeptRow): boolean => path.startsWith('old/');
const own = (rows: readonly KeptRow[]): KeptRow[] =>
  rows.filter(row => !isOld(row)).sort((a, b) => (a.path < b.path ? -1 : 1));
const rowOf = ({ path, chunks }: SentFile, status?: string): KeptRow => ({
  path,
  chunkCount: chunks.length,
  ...(status === undefined ? {} : { status }),
});

/** Every row of both is whole, and none that others wrote is missing. */
function expectWhole(): void {
  for (const rows of [tables.inProgress, tables.succeeded])
    expect(rows.filter(isOld).map(({ path }) => path)).toHaveLength(oldCount);
}

test.each(['at-least-once', 'exactly-once'])(
  'the tables of two workers are whole when they are killed while they write them, and agree with Kafka in the end: %s',
  async delivery => {
    console.log(`KAFKA_REPRODUCER_TEST_SEED=${seed}`);
    const random = seededRandom(seed);
    tables.fill(oldCount);
    const start = (...flags: readonly string[]): WorkerProcess =>
      scene.startWith({ REPRODUCER_TABLES: folder }, program, ...flags, '--delivery', delivery, ...common);
    const common = ['--placement', 'by-file', '--session-timeout', '2s'];
    const done: SentFile[] = [];
    const failed: SentFile[] = [];
    const open = sentFile('open/last-missing.dat', seededBytes('open', 9_000), 2048);
    await scene.sender.send(open.chunks.slice(0, -1));

    let tornCount = 0;
    for (let round = 0; round < roundCount; round += 1) {
      done.push(...(await scene.upload(`part-${round}`, 12)));
      failed.push(...(await scene.upload(`fails/part-${round}`, 3)));
      // One after the other: what the first leaves behind is in the way of the second.
      for (let left = [start(), start()]; left.length > 0;) {
        await until('a worker that writes', waitMs, () => left.some(({ pid }) => pid === tables.writer));
        const victim = left.find(({ pid }) => pid === tables.writer)!;
        await delay(wholeBetween(random, 0, 200));
        await victim.kill();
        if (tables.writer === victim.pid) tornCount += 1;
        expectWhole();
        left = left.filter(worker => worker !== victim);
      }
    }
    expect(tornCount, 'kills while the tables were written').toBeGreaterThan(0);

    done.push(...(await scene.upload('part-last', 12)));
    const failedAtLast = await scene.upload('fails/part-last', 3);
    failed.push(...failedAtLast);
    const workers = [start(), start()];
    const wanted = done.map(file => rowOf(file));
    await until('all results', waitMs, () => scene.results.files.size >= done.length);
    for (const worker of workers) {
      await worker.waitForLine('its start', waitMs, ({ kind }) => kind === 'start');
      worker.send('SIGTERM');
      // 3 if files failed in this run.
      expect((await worker.exited).code, worker.output()).toBeOneOf([0, 3]);
    }
    expectWhole();

    // How much of it they have listed depends on their time: a long table is written seldom. The next start lists what is missing, and
    // once what was listed again; and it removes what those that died have left.
    const last = start('--until-idle', '1s');
    expect((await last.exited).code, last.output()).toBeOneOf([0, 3]);
    expectWhole();
    expect(own(tables.succeeded)).toEqual(own(wanted));
    const unfinished = [
      ...failed.map(file => rowOf(file, 'computing_result_message_failed')),
      rowOf(open, 'in_progress'),
    ];
    expect(own(tables.inProgress)).toEqual(own(unfinished));
    expect(tables.leftBehind).toEqual([]);
    expectLogOf(failedAtLast);
    console.log(`${2 * roundCount} kills, ${tornCount} of them while the tables were written`);
  },
  240_000,
);

/** No line is torn, and it tells of these files. A worker that is killed may not have told yet of the last ones that it committed. */
function expectLogOf(failed: readonly SentFile[]): void {
  const lines = tables.log('Fragile.log');
  expect(lines.pop()).toBe('');
  for (const line of lines) expect(line).toMatch(/^(\[Fragile [\d-]+ [\d:]+\] (WARNING|ERROR): \S| {2})/);
  for (const { path } of failed)
    expect(lines.join('\n')).toContain(` ERROR: given up: ${path} after 1 attempt`);
}
