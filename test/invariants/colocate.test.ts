import { fileURLToPath } from 'node:url';
import { Partitioners } from 'kafkajs';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { brokerUnderTest, isOnRealKafka, type BrokerUnderTest } from './harness/broker-under-test.js';
import { readCommitted, type CommittedRecord } from './harness/read-committed.js';
import { differences } from './harness/result-account.js';
import { Scene } from './harness/scene.js';
import { seededRandom, wholeBetween } from './harness/seeded-random.js';
import type { SentFile } from './harness/sent-file.js';
import { endOffsets, freshName, plainKafka, withAdmin } from './harness/topics.js';
import { compileProgram, WorkerProcess } from './harness/worker-process.js';

const command = fileURLToPath(new URL('../../dist/src/cli/main.js', import.meta.url));
const targetPartitions = 5;
const fileCount = isOnRealKafka ? 400 : 150;
const killCount = isOnRealKafka ? 8 : 4;
const waitMs = 60_000;
const seed = Number(process.env['KAFKA_REPRODUCER_TEST_SEED'] ?? Date.now() % 1_000_000);

let broker: BrokerUnderTest;
let program: string;
/** Uploads to the scattered topic; its workers are told to read the copies. */
let scene: Scene;
let copies: string;
const started: WorkerProcess[] = [];

beforeAll(async () => {
  broker = await brokerUnderTest();
  program = await compileProgram(new URL('./programs/hash-files.ts', import.meta.url));
});

afterAll(() => broker.close());

beforeEach(async () => {
  scene = await Scene.open(broker.brokers);
  copies = freshName('copies');
});

afterEach(async () => {
  for (const process of started.splice(0)) await process.kill();
  await scene.close();
});

function colocate(...flags: readonly string[]): WorkerProcess {
  const copier = new WorkerProcess(command, [
    ...['colocate', scene.topic, copies, '--brokers', broker.brokers.join(',')],
    ...['--target-partitions', String(targetPartitions), '--session-timeout', '2s', '--log-level', 'debug'],
    ...flags,
  ]);
  started.push(copier);
  return copier;
}

/** Messages that are no chunks, and chunks with all that Kafka allows beside key and value. */
async function sendOthers(): Promise<void> {
  const producer = plainKafka(broker.brokers).producer({
    createPartitioner: Partitioners.DefaultPartitioner,
  });
  await producer.connect();
  const headers = { text: 'größe', twice: ['1', '2'], empty: '', bytes: Buffer.from([0, 255]) };
  const messages = [
    { partition: 0, key: null, value: Buffer.from('no chunk'), headers, timestamp: '1700000000001' },
    { partition: 1, key: 'key', value: null, timestamp: '1700000000002' },
    { partition: 2, key: '', value: Buffer.alloc(0), headers: { only: 'this' }, timestamp: '1700000000003' },
    { partition: 3, key: 'large', value: Buffer.alloc(900_000, 1), timestamp: '1700000000004' },
  ];
  for (const message of messages) await producer.send({ topic: scene.topic, messages: [message] });
  await producer.disconnect();
}

/** One sentence for each record that is not on the target exactly once, as it was. */
function violations(source: readonly CommittedRecord[], target: readonly CommittedRecord[]): string[] {
  const counts = new Map<string, number>();
  for (const { content } of source) counts.set(content, (counts.get(content) ?? 0) + 1);
  for (const { content } of target) counts.set(content, (counts.get(content) ?? 0) - 1);
  const found = [...counts]
    .filter(([, count]) => count !== 0)
    .map(([content, count]) => `${count > 0 ? 'missing' : 'doubled'} ${Math.abs(count)} times: ${content}`);
  return [...found, ...disorders(source, target)];
}

/** Records of one source partition that lie on one target partition must lie there in the same order. */
function disorders(source: readonly CommittedRecord[], target: readonly CommittedRecord[]): string[] {
  const places = new Map(source.map(record => [record.content, record]));
  const last = new Map<string, bigint>();
  const found: string[] = [];
  for (const { content, partition } of target) {
    const from = places.get(content);
    if (from === undefined) continue;
    const lane = `${from.partition} to ${partition}`;
    if (from.offset < (last.get(lane) ?? 0n)) found.push(`out of order from ${lane}: ${content}`);
    last.set(lane, from.offset);
  }
  return found;
}

function partitionsByFile(files: readonly SentFile[], target: readonly CommittedRecord[]): number[] {
  const byKey = new Map(target.map(({ key, partition }) => [key, partition]));
  return files.map(({ chunks }) => new Set(chunks.map(({ key }) => byKey.get(key))).size);
}

async function expectRightCopies(files: readonly SentFile[]): Promise<void> {
  const source = await readCommitted(broker.brokers, scene.topic);
  const target = await readCommitted(broker.brokers, copies);
  expect(violations(source, target)).toEqual([]);
  expect(target.length).toBe(source.length);
  expect(partitionsByFile(files, target)).toEqual(files.map(() => 1));
  expect(new Set(target.map(({ partition }) => partition)).size).toBe(targetPartitions);
}

async function targetLength(): Promise<number> {
  return withAdmin(broker.brokers, async admin => {
    const ends = await endOffsets(admin, copies).catch(() => new Map<number, bigint>());
    return Number([...ends.values()].reduce((sum, end) => sum + end, 0n));
  });
}

test(
  'each record is copied once and as it is by two processes, of which one after the other is killed at random moments',
  async () => {
    console.log(`KAFKA_REPRODUCER_TEST_SEED=${seed}`);
    const random = seededRandom(seed);
    const copiers = [colocate(), colocate()];
    const files: SentFile[] = [];
    await sendOthers();
    for (let kill = 0; kill < killCount; kill += 1) {
      // Before the upload: the copiers may be done with it by the time that it is acknowledged.
      const before = await targetLengthOrNone();
      const part = await scene.upload(`part-${kill}`, fileCount / killCount);
      files.push(...part);
      const chunkCount = part.reduce((sum, { chunks }) => sum + chunks.length, 0);
      const reached = before + wholeBetween(random, 1, Math.floor(chunkCount / 2));
      const at = wholeBetween(random, 0, 1);
      await copiers[1 - at]!.runUntil(
        'a part to be copied',
        waitMs,
        async () => (await targetLengthOrNone()) >= reached,
      );
      await copiers[at]!.kill();
      copiers[at] = colocate();
    }
    const last = colocate('--until-idle', '1s');
    expect(await last.exited, last.output()).toEqual({ code: 0, signal: null });
    for (const copier of copiers) {
      copier.send('SIGTERM');
      expect(await copier.exited, copier.output()).toEqual({ code: 0, signal: null });
    }
    await expectRightCopies(files);
  },
  killCount * 10_000 + 2 * waitMs,
);

/** Before the target is created: 0. */
const targetLengthOrNone = (): Promise<number> => targetLength().catch(() => 0);

test(
  'a process that was paused for longer than its session adds nothing twice',
  async () => {
    const files = await scene.upload('zombie', 40);
    const paused = colocate();
    // In the middle of a transaction others wait for its time-out, 15 s and more: on real Kafka only.
    const length = isOnRealKafka ? 1 : files.reduce((sum, { chunks }) => sum + chunks.length, 0);
    await paused.runUntil('a part to be copied', waitMs, async () => (await targetLengthOrNone()) >= length);
    paused.send('SIGSTOP');
    files.push(...(await scene.upload('meanwhile', 40)));
    const successor = colocate('--until-idle', '1s');
    expect(await successor.exited, successor.output()).toEqual({ code: 0, signal: null });
    paused.send('SIGCONT');
    files.push(...(await scene.upload('after', 40)));
    const last = colocate('--until-idle', '1s');
    expect(await last.exited, last.output()).toEqual({ code: 0, signal: null });
    await expectRightCopies(files);
  },
  3 * waitMs,
);

test(
  'a worker makes all files of the copies whole, and the copy goes on where it ended',
  async () => {
    const files = await scene.upload('first', 30);
    for (const folder of ['second', 'third']) {
      const copier = colocate('--until-idle', '500ms');
      expect(await copier.exited, copier.output()).toEqual({ code: 0, signal: null });
      await expectRightCopies(files);
      files.push(...(await scene.upload(folder, 30)));
    }
    const copier = colocate('--until-idle', '500ms');
    expect(await copier.exited, copier.output()).toEqual({ code: 0, signal: null });
    const worker = scene.start(program, '--consume-topic', copies);
    await scene.waitForResults(worker, files.length, waitMs);
    expect(differences(files, await scene.results.catchUp(waitMs))).toEqual([]);
  },
  2 * waitMs,
);
