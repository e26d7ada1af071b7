import { beforeAll, expect, test } from 'vitest';
import { differences } from '../invariants/harness/result-account.js';
import { Scene } from '../invariants/harness/scene.js';
import { seededBytes } from '../invariants/harness/seeded-random.js';
import { sentFile } from '../invariants/harness/sent-file.js';
import { compileProgram, type WorkerProcess } from '../invariants/harness/worker-process.js';
import { RealKafka } from '../real-kafka/real-kafka.js';
import { describeWithKafka } from './describe-with-kafka.js';

const waitMs = 100_000;
/** A third of what the file takes is allowed at once. */
const bytesPerSecond = 30_000;
const warningLevel = 40;

const start = () => RealKafka.start({ set: { 'group.min.session.timeout.ms': '1000' } });

/** Shared clusters give each client so many bytes a second, and answer with nothing above that. */
describeWithKafka('a broker with quotas', start, kafka => {
  let program: string;
  beforeAll(async () => {
    program = await compileProgram(new URL('../invariants/programs/stream-files.ts', import.meta.url));
    await kafka().limitFetching(bytesPerSecond);
  });

  const warnings = ({ lines }: WorkerProcess): unknown[] =>
    lines.filter(({ level }) => Number(level) >= warningLevel);

  test('is waited for: a file on the topic is read three times, a restart reads what is done, and nobody is told of trouble', async () => {
    const scene = await Scene.open(kafka().brokers);
    try {
      const budgets = ['--memory-budget', '100KB', '--disk-budget', '60KB'];
      const large = sentFile('large.dat', seededBytes('large', 300_000), 7_000);
      // Each in a batch of its own: a broker gives out whole ones.
      for (const chunk of large.chunks) await scene.sender.send([chunk]);
      const first = scene.start(program, ...budgets);
      await scene.waitForResults(first, 1, waitMs);
      first.send('SIGTERM');
      expect(await first.exited, first.output()).toEqual({ code: 0, signal: null });

      const small = sentFile('small.dat', seededBytes('small', 5_000), 7_000);
      const second = scene.start(program, ...budgets);
      await scene.sender.send(small.chunks);
      await scene.waitForResults(second, 2, waitMs);
      second.send('SIGTERM');
      expect(await second.exited, second.output()).toEqual({ code: 0, signal: null });
      expect(differences([large, small], await scene.results.catchUp(waitMs))).toEqual([]);
      expect([...warnings(first), ...warnings(second)]).toEqual([]);
    } finally {
      await scene.close();
    }
  });

  test('costs no partitions, for however much longer than a session it holds an answer back', async () => {
    const scene = await Scene.open(kafka().brokers);
    try {
      const file = sentFile('held.dat', seededBytes('held', 500_000), 50_000);
      for (const chunk of file.chunks) await scene.sender.send([chunk]);
      const worker = scene.start(program, '--session-timeout', '1500ms', '--log-level', 'debug');
      await scene.waitForResults(worker, 1, waitMs);
      worker.send('SIGTERM');
      expect(await worker.exited, worker.output()).toEqual({ code: 0, signal: null });
      expect(differences([file], await scene.results.catchUp(waitMs))).toEqual([]);
      expect(worker.lines.filter(({ msg }) => msg === 'joined the group')).toHaveLength(1);
    } finally {
      await scene.close();
    }
  });
});
