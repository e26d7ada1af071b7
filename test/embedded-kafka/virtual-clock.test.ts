import { expect, test } from 'vitest';
import { VirtualClock } from '../../src/embedded-kafka/index.js';

test('nothing fires before its time, and everything in the order of time', () => {
  const clock = new VirtualClock({ startMs: 1_000 });
  const fired: string[] = [];
  clock.startTimer(30, () => fired.push(`c at ${clock.now()}`));
  clock.startTimer(10, () => fired.push(`a at ${clock.now()}`));
  clock.startTimer(10, () => fired.push(`b at ${clock.now()}`));
  clock.startTimer(20, () => fired.push('cancelled')).cancel();
  clock.advance(9);
  expect(fired).toEqual([]);
  clock.advance(21);
  expect(fired).toEqual(['a at 1010', 'b at 1010', 'c at 1030']);
  expect(clock.now()).toBe(1_030);
  expect(clock.timerCount).toBe(0);
});

test('a timer that is started by another one fires in the same move when it is due', () => {
  const clock = new VirtualClock({ startMs: 0 });
  const fired: number[] = [];
  const again = (): void => {
    fired.push(clock.now());
    clock.startTimer(10, again);
  };
  clock.startTimer(10, again);
  clock.advance(35);
  expect(fired).toEqual([10, 20, 30]);
});

test('a running clock fires by itself, and at once when it is moved', async () => {
  const clock = new VirtualClock({ isRunning: true });
  const fired: string[] = [];
  clock.startTimer(3_600_000, () => fired.push('hour'));
  await new Promise<void>(resolve => clock.startTimer(5, resolve));
  expect(fired).toEqual([]);
  clock.advance(3_600_000);
  expect(fired).toEqual(['hour']);
});
