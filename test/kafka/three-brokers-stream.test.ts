import { mkdtempSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { interleave } from '../invariants/harness/chunk-sender.js';
import { differences } from '../invariants/harness/result-account.js';
import { partitionCount, Scene } from '../invariants/harness/scene.js';
import { seededBytes } from '../invariants/harness/seeded-random.js';
import { sentFile, type SentFile } from '../invariants/harness/sent-file.js';
import { committedOffsets, endOffsets, until, withAdmin } from '../invariants/harness/topics.js';
import { compileProgram, type WorkerProcess } from '../invariants/harness/worker-process.js';
import { RealCluster } from '../real-kafka/real-cluster.js';
import { describeWithKafka } from './describe-with-kafka.js';

const waitMs = 60_000;
const partitions = Array.from({ length: partitionCount }, (_, partition) => partition);

const startCluster = () => RealCluster.start({ set: { 'group.min.session.timeout.ms': '1000' } });

/** A file above both budgets on the partitions of three brokers, one of which crashes while the method reads it from there. */
describeWithKafka('a stream from three brokers', startCluster, cluster => {
  let program: string;
  let scene: Scene;
  let folder: string;

  beforeAll(async () => {
    program = await compileProgram(new URL('../invariants/programs/held-stream.ts', import.meta.url));
  });
  beforeEach(async () => {
    scene = await Scene.open(cluster().brokers);
    folder = mkdtempSync(join(tmpdir(), 'three-brokers-'));
  });
  afterEach(async () => {
    await scene.close();
    await rm(folder, { recursive: true, force: true });
  });

  function start(...flags: readonly string[]): WorkerProcess {
    return scene.start(
      program,
      ...['--memory-budget', '100KB', '--disk-budget', '60KB', '--output-dir', join(folder, 'output')],
      ...[
        '--session-timeout',
        '6s',
        '--meeting-place',
        folder,
        '--concurrency',
        '2',
        '--attempts',
        '1',
        ...flags,
      ],
    );
  }

  const leaders = (): Promise<number[]> =>
    Promise.all(partitions.map(partition => cluster().leaderOf(scene.topic, partition)));

  /** One that is larger than both budgets, and others that are not, all at once. */
  async function upload(): Promise<SentFile[]> {
    const files = [
      sentFile('waits/large.dat', seededBytes('large', 600_000), 7_000),
      ...Array.from({ length: 5 }, (_, at) => sentFile(`small/${at}`, seededBytes(`${at}`, 5_000), 2_048)),
    ];
    await scene.sender.send(interleave(files, 3, files.length));
    return files;
  }

  async function inTheMiddle(worker: WorkerProcess): Promise<void> {
    const isThere = (line: string): boolean => line.startsWith('in the middle of waits/');
    await worker.runUntil('the middle of the stream', waitMs, () => worker.otherOutput.some(isThere));
  }

  const goOn = (): void => writeFileSync(join(folder, 'go'), '');

  async function untilAllCommitted(worker: WorkerProcess): Promise<void> {
    const { groupId, topic } = scene;
    await worker.runUntil('all offsets to be committed', waitMs, () =>
      withAdmin(cluster().brokers, async admin =>
        isDeepStrictEqual(await committedOffsets(admin, groupId, topic), await endOffsets(admin, topic)),
      ),
    );
  }

  /** @returns the messages by file, each once under exactly-once */
  async function expectResults(files: readonly SentFile[], delivery: string): Promise<void> {
    const results = await scene.results.catchUp(waitMs);
    expect(differences(files, results)).toEqual([]);
    const paths = results.map(({ headers }) => headers['file-path']!);
    if (delivery === 'exactly-once') expect(paths.sort()).toEqual(files.map(({ path }) => path).sort());
    expect(new Set(results.map(({ headers }) => headers['result-id'])).size).toBe(files.length);
    expect(await scene.deadLetters()).toEqual([]);
  }

  test.each([
    { delivery: 'at-least-once', order: 'after its leaders have moved' },
    { delivery: 'exactly-once', order: 'while they move' },
  ])('is read on when a leader has crashed, $order: $delivery', async ({ delivery, order }) => {
    const files = await upload();
    const worker = start('--delivery', delivery);
    await inTheMiddle(worker);
    const before = await leaders();
    // The file lies on more than one broker.
    expect(new Set(before).size).toBeGreaterThan(1);
    const crashed = before[partitions.length - 1]!;
    if (order === 'while they move') goOn();
    await cluster().node(crashed).kill();
    if (order === 'after its leaders have moved') {
      await until('other leaders', waitMs, async () => !(await leaders()).includes(crashed));
      goOn();
    }
    await scene.waitForResults(worker, files.length, waitMs);
    await untilAllCommitted(worker);
    worker.send('SIGTERM');
    expect(await worker.exited, worker.output()).toEqual({ code: 0, signal: null });
    const attempts = worker.otherOutput.filter(line => line.startsWith('in the middle of waits/'));
    await expectResults(files, delivery);
    console.log(`leaders ${before.join()}, crashed ${crashed}, ${attempts.length} attempts`);
    await cluster().node(crashed).resume();
    await until('all in sync', waitMs, () => cluster().isInSync(scene.topic));
  });
});
