import { expect, it, vi } from 'vitest';
import { BrokerError } from '../../src/errors.js';
import { whileNotReady } from '../../src/programs/while-not-ready.js';
import { recordingLogger } from '../observe/reports.js';

const reachable = { connectionTrouble: () => undefined };

it('what keeps the connection from being made is told once, before the client gives up, with the flag that bears it', async () => {
  vi.useFakeTimers();
  try {
    const { logger, lines } = recordingLogger();
    const trouble = new BrokerError('cannot reach Kafka at a:1: connection refused', { retriable: true });
    const driver = { connectionTrouble: () => trouble };
    const act = () => new Promise<string>(resolve => setTimeout(() => resolve('done'), 4_000));
    const patience = { driver, log: logger, withinMs: 120_000, flag: '--give-up-after' };
    const ended = whileNotReady(patience, act);
    await vi.advanceTimersByTimeAsync(1_500);
    const told = [
      'cannot reach Kafka at a:1: connection refused; this is tried again for 2m (--give-up-after)',
    ];
    expect(lines.map(({ message }) => message)).toEqual(told);
    await vi.advanceTimersByTimeAsync(3_000);
    expect(await ended).toBe('done');
    expect(lines.map(({ message }) => message)).toEqual(told);
  } finally {
    vi.useRealTimers();
  }
});

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
  expect(await whileNotReady({ driver: reachable, log: logger, withinMs }, act)).toBe('done');
  const told = lines.filter(({ level }) => level === 'warn').map(({ message }) => message);
  expect(told).toEqual([`cannot reach Kafka; this is tried again ${howLong}`]);
});
