import { expect, it } from 'vitest';
import { BrokerError } from '../../src/errors.js';
import { whileNotReady } from '../../src/programs/while-not-ready.js';
import { recordingLogger } from '../observe/reports.js';

it.each([
  [Infinity, 'until it succeeds'],
  [120_000, 'for 2m'],
])('an outage is told once, with how long it is borne: %s ms', async (withinMs, howLong) => {
  const { logger, lines } = recordingLogger();
  let calls = 0;
  const act = (): Promise<string> => {
    calls += 1;
    if (calls < 6) return Promise.reject(new BrokerError('cannot reach Kafka', { retriable: true }));
    return Promise.resolve('done');
  };
  expect(await whileNotReady(logger, act, withinMs)).toBe('done');
  const told = lines.filter(({ level }) => level === 'warn').map(({ message }) => message);
  expect(told).toEqual([`cannot reach Kafka; this is tried again ${howLong}`]);
});
