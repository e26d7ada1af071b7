import { expect, test } from 'vitest';
import { isOnRealKafka, type BrokerUnderTest } from './harness/broker-under-test.js';
import { differences, resultsByPath } from './harness/result-account.js';
import { type Scene } from './harness/scene.js';
import { seededRandom, wholeBetween } from './harness/seeded-random.js';
import type { SentFile } from './harness/sent-file.js';
import { committedOffsets, endOffsets, withAdmin } from './harness/topics.js';
import type { WorkerProcess } from './harness/worker-process.js';
import { sceneForEachTest } from './harness/scene-for-each-test.js';

const killCount = isOnRealKafka ? 12 : 4;
const filesPerKill = 30;
const waitMs = 60_000;
const seed = Number(process.env['KAFKA_REPRODUCER_TEST_SEED'] ?? Date.now() % 1_000_000);
const exactlyOnce = ['--delivery', 'exactly-once', '--session-timeout', '2s', '--log-level', 'debug'];

let broker: BrokerUnderTest;
let program: string;
let scene: Scene;

// Its reader sees committed records only, as kafkajs's default is.
sceneForEachTest(
  new URL('./programs/hash-files.ts', import.meta.url),
  stage => ({ broker, program, scene } = stage),
);

/** One sentence for each file whose result is not there exactly once. */
async function violations(files: readonly SentFile[]): Promise<string[]> {
  const messages = await scene.results.catchUp(waitMs);
  const repeated = [...resultsByPath(messages)].filter(([, results]) => results.length > 1);
  return [
    ...differences(files, messages),
    ...repeated.map(([path, results]) => `${path}: ${results.length} results`),
  ];
}

async function stop(worker: WorkerProcess): Promise<void> {
  await worker.runUntil('the group to be joined', waitMs, () => joinCount(worker) > 0);
  worker.send('SIGTERM');
  expect(await worker.exited).toEqual({ code: 0, signal: null });
}

test(
  `each file has one result for readers of committed records when the worker is killed ${killCount} times`,
  async () => {
    console.log(`KAFKA_REPRODUCER_TEST_SEED=${seed}`);
    const random = seededRandom(seed);
    const files: SentFile[] = [];
    const flags = [...exactlyOnce, '--concurrency', '4', '--delay-ms', '20'];
    let worker = scene.start(program, ...flags);
    for (let kill = 0; kill < killCount; kill += 1) {
      files.push(...(await scene.upload(`part-${kill}`, filesPerKill)));
      const count = kill * filesPerKill + wholeBetween(random, 1, filesPerKill - 1);
      await scene.waitForResults(worker, count, waitMs);
      await worker.kill();
      worker = scene.start(program, ...flags);
    }
    await scene.waitForResults(worker, files.length, waitMs);
    await stop(worker);
    expect(await violations(files)).toEqual([]);
    await withAdmin(broker.brokers, async admin => {
      expect(await committedOffsets(admin, scene.groupId, scene.topic)).toEqual(
        await endOffsets(admin, scene.topic),
      );
    });
  },
  killCount * 20_000 + waitMs,
);

test(
  'the result of a worker that was paused for longer than its session never becomes visible',
  async () => {
    const flags = [...exactlyOnce, '--started-line'];
    const paused = scene.start(program, ...flags, '--delay-ms', '1000');
    const files = await scene.upload('zombie', 1);
    await paused.runUntil('the method to run', waitMs, () => paused.otherOutput.includes('started'));
    paused.send('SIGSTOP');
    const successor = scene.start(program, ...flags);
    await scene.waitForResults(successor, 1, waitMs);
    files.push(...(await scene.upload('after', 5)));
    paused.send('SIGCONT');
    // It returns its result now, finds out that its partitions are gone, and joins the group again.
    await paused.waitForLine(
      'the end of its membership',
      waitMs,
      ({ msg }) => /joined the group/.test(msg ?? '') && joinCount(paused) > 1,
    );
    await scene.waitForResults(successor, files.length, waitMs);
    files.push(...(await scene.upload('later', 5)));
    await scene.waitForResults(successor, files.length, waitMs);
    expect(await violations(files)).toEqual([]);
    await stop(successor);
    files.push(...(await scene.upload('handed-back', 5)));
    await scene.waitForResults(paused, files.length, waitMs);
    await stop(paused);
    expect(await violations(files)).toEqual([]);
  },
  2 * waitMs,
);

function joinCount({ lines }: WorkerProcess): number {
  return lines.filter(({ msg }) => /joined the group/.test(msg ?? '')).length;
}
