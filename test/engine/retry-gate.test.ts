import { beforeEach, describe, expect, it } from 'vitest';
import { RetryGate } from '../../src/engine/retry-gate.js';
import { FakeClock } from '../processing/fake-clock.js';

let clock: FakeClock;
let gate: RetryGate;
let passed: number[];

beforeEach(() => {
  clock = new FakeClock();
  gate = new RetryGate({ firstMs: 100, mostMs: 300 }, clock);
  passed = [];
});

function waits(...numbers: readonly number[]): void {
  for (const number of numbers) void gate.turn().then(() => passed.push(number));
}

describe('those whose attempts failed', () => {
  it('pass at once while nothing fails', async () => {
    waits(1, 2);
    await clock.settle();
    expect(passed).toEqual([1, 2]);
    expect(clock.timerCount).toBe(0);
  });

  it('wait together, with one timer, and one of them tries', async () => {
    for (let count = 0; count < 1_000; count += 1) gate.failed();
    waits(1, 2, 3);
    expect(clock.timerCount).toBe(1);
    await clock.advance(99);
    expect(passed).toEqual([]);
    await clock.advance(10_000);
    expect(passed).toEqual([1]);
  });

  it('go on all at once when that got an answer', async () => {
    gate.failed();
    waits(1, 2, 3);
    await clock.advance(100);
    gate.succeeded();
    waits(4);
    await clock.settle();
    expect(passed.toSorted()).toEqual([1, 2, 3, 4]);
    expect(gate.isShut).toBe(false);
  });

  it('give their turn to the next when they do not try any more', async () => {
    gate.failed();
    waits(1, 2, 3);
    gate.passOn();
    await clock.settle();
    expect(passed).toEqual([]);
    await clock.advance(100);
    gate.passOn();
    await clock.settle();
    expect(passed).toEqual([1, 2]);
    expect(clock.timerCount).toBe(0);
  });

  it('wait longer each time, up to a limit', async () => {
    const delays: number[] = [];
    gate.failed();
    for (const number of [1, 2, 3, 4]) {
      const sinceMs = clock.now();
      waits(number);
      await clock.runAll();
      delays.push(clock.now() - sinceMs);
      gate.failed();
    }
    expect(passed).toEqual([1, 2, 3, 4]);
    expect(delays).toEqual([100, 200, 300, 300]);
  });

  it('let whoever comes next try, if nobody waited when the time was over', async () => {
    gate.failed();
    await clock.advance(100);
    waits(1, 2);
    await clock.advance(10_000);
    expect(passed).toEqual([1]);
  });

  it('are let go when it closes, also those that come later', async () => {
    gate.failed();
    waits(1, 2);
    gate.close();
    waits(3);
    await clock.settle();
    expect(passed.toSorted()).toEqual([1, 2, 3]);
    expect(clock.timerCount).toBe(0);
  });
});
