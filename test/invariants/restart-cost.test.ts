import { afterAll, beforeAll, expect, test } from 'vitest';
import { brokerUnderTest, type BrokerUnderTest } from './harness/broker-under-test.js';
import { reportedReread } from './harness/crash-cut.js';
import { KafkaProxy } from './harness/kafka-proxy.js';
import { differences } from './harness/result-account.js';
import { Scene } from './harness/scene.js';
import { seededBytes } from './harness/seeded-random.js';
import { sentFile, type SentFile } from './harness/sent-file.js';
import { committedOffsets, withAdmin } from './harness/topics.js';
import { compileProgram } from './harness/worker-process.js';

const waitMs = Number(process.env['KAFKA_REPRODUCER_TEST_WAIT_MS'] ?? 60_000);
/** MiB of files that are done before; more of them cost nothing but time. */
const doneMiB = Number(process.env['KAFKA_REPRODUCER_TEST_DONE_MIB'] ?? 16);
const chunkBytes = 64 * 1024;
const doneFileBytes = 1024 * 1024;
const openFileBytes = 8 * chunkBytes;

let broker: BrokerUnderTest;
let program: string;

beforeAll(async () => {
  broker = await brokerUnderTest();
  program = await compileProgram(new URL('./programs/hash-files.ts', import.meta.url));
});
afterAll(() => broker.close());

test(
  `after ${doneMiB} MiB of files that are done a restart fetches the bytes of the 3 open files again, and no others`,
  async () => {
    const scene = await Scene.open(broker.brokers);
    const proxy = await KafkaProxy.start(broker.brokers[0]!);
    scene.workerBrokers = proxy.brokers;
    const flags = ['--session-timeout', '2s', '--group-instance-id', 'one', '--log-level', 'debug'];
    try {
      const files: SentFile[] = [];
      const worker = scene.start(program, ...flags);
      for (let at = 0; at < doneMiB; at += 1) {
        const content = seededBytes(`done-${at}`, doneFileBytes);
        const file = sentFile(`done/file-${at}.dat`, content, chunkBytes);
        await scene.sender.send(file.chunks);
        // Without its bytes: there may be more of them than memory.
        files.push({ ...file, chunks: [] });
      }
      await scene.waitForResults(worker, files.length, waitMs);
      const open = ['a', 'b', 'c'].map(name =>
        sentFile(`open/${name}.dat`, seededBytes(name, openFileBytes), chunkBytes),
      );
      const missing = open.map(({ chunks }) => chunks[3]!);
      const sent = open.flatMap(({ chunks }) => chunks.filter(chunk => !missing.includes(chunk)));
      await scene.sender.send(sent);
      // Their first chunks are where the commit ends.
      const firstOpen = new Map<number, bigint>();
      for (const { path, partition, offset } of scene.sender.sent)
        if (path.startsWith('open/') && !firstOpen.has(partition)) firstOpen.set(partition, offset);
      await worker.runUntil('the open files to be read and the others committed', waitMs, async () => {
        const committed = await withAdmin(broker.brokers, admin =>
          committedOffsets(admin, scene.groupId, scene.topic),
        );
        return [...firstOpen].every(([partition, offset]) => committed.get(partition) === offset);
      });
      await worker.kill();

      const chunks = proxy.meter('Fetch', scene.topic);
      const outcomes = proxy.meter('Fetch', `${scene.groupId}.files`);
      const second = scene.start(program, ...flags);
      await second.waitForLine(
        'the end of the catching up',
        waitMs,
        ({ kind }) => kind === 'caught-up-with-earlier-run',
      );
      const openBytes = sent.reduce((sum, { byteLength }) => sum + byteLength, 0);
      const refetched = chunks.bytes;
      console.log(
        `${doneMiB} MiB in ${doneMiB} files done, ${openBytes} bytes open: ` +
          `a restart fetched ${refetched} bytes, and ${outcomes.bytes} bytes about what is done`,
      );
      // Less when the first one had not read all of them.
      const reread = reportedReread(second.lines)!;
      expect(reread.skippedBytes).toBe(0);
      expect(reread.bytes).toBeLessThanOrEqual(openBytes);
      // Answers that cross a start or a pause are dropped, and fetched again; what is done is not among them.
      expect(refetched).toBeGreaterThanOrEqual(reread.bytes);
      expect(refetched).toBeLessThan(3 * openBytes);
      expect(outcomes.bytes).toBeGreaterThan(0);

      await scene.sender.send(missing);
      await scene.waitForResults(second, files.length + open.length, waitMs);
      expect(differences([...files, ...open], await scene.results.catchUp(waitMs))).toEqual([]);
    } finally {
      await scene.close();
      await proxy.close();
    }
  },
  4 * waitMs,
);
