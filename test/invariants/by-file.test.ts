import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { brokerUnderTest, type BrokerUnderTest } from './harness/broker-under-test.js';
import { ChunkSender, interleave } from './harness/chunk-sender.js';
import { differences, resultsByPath } from './harness/result-account.js';
import { seededBytes, seededRandom, wholeBetween } from './harness/seeded-random.js';
import { sentFile, type ChunkMessage, type SentFile } from './harness/sent-file.js';
import { TopicReader } from './harness/topic-reader.js';
import { committedOffsets, createTopic, endOffsets, freshName, until, withAdmin } from './harness/topics.js';
import { compileProgram, WorkerProcess } from './harness/worker-process.js';

const partitionCount = 4;
/** What a killed process left undecided ends after 15 s, on real Kafka up to 10 s later. */
const waitMs = 60_000;
const seed = Number(process.env['KAFKA_REPRODUCER_TEST_SEED'] ?? Date.now() % 1_000_000);

let broker: BrokerUnderTest;
let program: string;
const closing: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  broker = await brokerUnderTest();
  program = await compileProgram(new URL('./programs/hash-files.ts', import.meta.url));
});
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});
afterAll(() => broker.close());

function makeFiles(count: number): SentFile[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, (_, at) =>
    sentFile(`run/scan-${at}.dat`, seededBytes(`${seed}/${at}`, wholeBetween(random, 1, 30_000)), 4096),
  );
}

/** Topics, and workers of one group on them. */
class Scene {
  readonly workers: WorkerProcess[] = [];

  private constructor(
    readonly topic: string,
    readonly reader: TopicReader,
    readonly sender: ChunkSender,
    readonly flags: readonly string[],
  ) {}

  static async set(layout: 'scattered' | 'by-file', flags: readonly string[]): Promise<Scene> {
    const { brokers } = broker;
    const topic = await createTopic(brokers, 'chunks', partitionCount);
    const results = await createTopic(brokers, 'results', 2);
    const reader = await TopicReader.open(brokers, results);
    const sender = await ChunkSender.open(brokers, topic, partitionCount, layout);
    closing.push(
      () => reader.close(),
      () => sender.close(),
    );
    const place = ['--brokers', brokers.join(','), '--consume-topic', topic, '--produce-topic', results];
    const group = ['--group-id', freshName('by-file'), '--placement', 'by-file', '--session-timeout', '2s'];
    return new Scene(topic, reader, sender, [...place, ...group, '--log-level', 'debug', ...flags]);
  }

  start(): WorkerProcess {
    const worker = new WorkerProcess(program, this.flags);
    closing.push(() => worker.kill());
    this.workers.push(worker);
    return worker;
  }

  get groupId(): string {
    return this.flags[this.flags.indexOf('--group-id') + 1]!;
  }

  async sendSlowly(order: readonly ChunkMessage[], ahead: number): Promise<void> {
    const ends = [...new Map(order.map(({ path }, at) => [path, at])).values()];
    for (let at = 0; at < order.length; at += 10) {
      // Of the files that are whole on the topic: how many those are depends on their sizes.
      const wanted = ends.filter(end => end < at).length - ahead;
      await until('earlier results', waitMs, () => this.reader.files.size >= wanted);
      await this.sender.send(order.slice(at, at + 10));
    }
  }

  /** Files that this worker has given results for. */
  doneBy(worker: WorkerProcess): number {
    return worker.lines.filter(({ kind }) => kind === 'file-done').length;
  }
}

test.each([
  ['at-least-once', 1],
  ['exactly-once', 0],
])(
  'by-file workers share the files %s, also while one is killed and another comes',
  async (delivery, mostRepeats) => {
    console.log(`KAFKA_REPRODUCER_TEST_SEED=${seed}`);
    const files = makeFiles(160);
    const scene = await Scene.set('by-file', ['--delivery', delivery, '--delay-ms', '10']);
    const first = scene.start();
    const second = scene.start();
    for (const worker of [first, second])
      await worker.waitForLine('a share', waitMs, ({ msg }) => msg === 'joined the group');
    const sending = scene.sendSlowly(interleave(files, 8, seed), 8);
    await until('work of both', waitMs, () => scene.doneBy(first) > 5 && scene.doneBy(second) > 5);
    await first.kill();
    const third = scene.start();
    await until('work of the third', waitMs, () => scene.doneBy(third) > 5);
    await sending;
    await second.runUntil('all results', waitMs, () => scene.reader.files.size === files.length);
    for (const worker of [second, third]) worker.send('SIGTERM');
    expect(await Promise.all([second, third].map(({ exited }) => exited))).toEqual([
      { code: 0, signal: null },
      { code: 0, signal: null },
    ]);
    const results = await scene.reader.catchUp();
    expect(differences(files, results)).toEqual([]);
    if (mostRepeats === 0)
      expect([...resultsByPath(results).values()].filter(({ length }) => length > 1)).toEqual([]);
    await withAdmin(broker.brokers, async admin => {
      expect(await committedOffsets(admin, scene.groupId, scene.topic)).toEqual(
        await endOffsets(admin, scene.topic),
      );
    });
  },
  waitMs * 3,
);

test('by-file workers that meet scattered files leave all of them to one, and no file is lost', async () => {
  const files = makeFiles(40);
  const scene = await Scene.set('scattered', []);
  const workers = [scene.start(), scene.start()];
  for (const worker of workers)
    await worker.waitForLine('a share', waitMs, ({ msg }) => msg === 'joined the group');
  await scene.sender.send(interleave(files, 8, seed));
  await workers[0]!.runUntil('all results', waitMs, () => scene.reader.files.size === files.length);
  const reasons = workers.map(worker =>
    worker.lines.find(({ kind, difference }) => kind === 'share-changed' && difference === 'one-member'),
  );
  for (const line of reasons)
    expect(String(line?.msg)).toMatch(/one worker of the group reads all partitions.*lies on partitions/);
  for (const worker of workers) worker.send('SIGTERM');
  await Promise.all(workers.map(({ exited }) => exited));
  expect(differences(files, await scene.reader.catchUp())).toEqual([]);
}, 90_000);
