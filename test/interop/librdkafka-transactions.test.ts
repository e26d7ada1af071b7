import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestBroker, type TestBroker } from '../kafka-driver/brokers.js';
import { runScript, whyNoPython } from './python-program.js';

let broker: TestBroker;
beforeAll(async () => {
  broker = await startTestBroker();
});
afterAll(() => broker.stop());

test.skipIf(whyNoPython !== undefined)(
  'librdkafka commits, aborts, commits offsets, is fenced, and reads both isolation levels',
  async () => {
    const output = await runScript('transactions.py', ['--brokers', broker.brokers.join(',')]);
    expect(JSON.parse(output)).toEqual({
      committed: [-1001, 5, 5],
      fenced: ['_FENCED', true],
      read_committed: ['a1', 'a2', 'heir', 'last'],
      read_uncommitted: ['a1', 'a2', 'b1', 'b2', 'zombie', 'heir', 'last'],
    });
  },
  60_000,
);
