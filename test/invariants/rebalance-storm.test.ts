import { afterAll, beforeAll, expect, test } from 'vitest';
import { brokerUnderTest, type BrokerUnderTest } from './harness/broker-under-test.js';
import { passBy } from './harness/passer-by.js';
import { differences, resultsByPath } from './harness/result-account.js';
import { Scene } from './harness/scene.js';
import type { SentFile } from './harness/sent-file.js';
import { compileProgram } from './harness/worker-process.js';

const waitMs = 60_000;
const leastRebalances = 20;

let broker: BrokerUnderTest;
let program: string;

beforeAll(async () => {
  broker = await brokerUnderTest();
  program = await compileProgram(new URL('./programs/hash-files.ts', import.meta.url));
});
afterAll(() => broker.close());

test.each(['at-least-once', 'exactly-once'])(
  'while members come and go without end two workers do each file, none lost, %s',
  async delivery => {
    const scene = await Scene.open(broker.brokers, 'by-file');
    let isOver = false;
    try {
      const flags = ['--placement', 'by-file', '--delivery', delivery, '--session-timeout', '2s'];
      const workers = [1, 2].map(() => scene.start(program, ...flags, '--log-level', 'debug'));
      const joinCount = (): number =>
        workers[0]!.lines.filter(({ msg }) => msg === 'joined the group').length;
      await workers[0]!.runUntil('the group', waitMs, () => joinCount() > 0);
      const storm = passBy(scene, () => isOver);
      const files: SentFile[] = [];
      while (joinCount() < leastRebalances) {
        files.push(...(await scene.upload(`part-${files.length}`, 4)));
        const seen = joinCount();
        await workers[0]!.runUntil('a rebalance', waitMs, () => joinCount() > seen);
      }
      // They are done in the storm, not after it.
      await scene.waitForResults(workers[0]!, files.length, waitMs);
      isOver = true;
      await storm;
      for (const worker of workers) worker.send('SIGTERM');
      for (const worker of workers)
        expect(await worker.exited, worker.output()).toEqual({ code: 0, signal: null });
      const messages = await scene.results.catchUp(waitMs);
      expect(differences(files, messages)).toEqual([]);
      const repeated = [...resultsByPath(messages)].filter(([, { length }]) => length > 1);
      console.log(
        `${files.length} files, ${joinCount()} rebalances, ${repeated.length} with repeated results`,
      );
      if (delivery === 'exactly-once') expect(repeated).toEqual([]);
    } finally {
      isOver = true;
      await scene.close();
    }
  },
  3 * waitMs,
);
