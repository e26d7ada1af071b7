import { describe, expect, it } from 'vitest';
import { backoffDelayMs } from '../../src/processing/backoff.js';

describe('backoffDelayMs', () => {
  it('doubles with each attempt', () => {
    expect([1, 2, 3, 4].map(attempt => backoffDelayMs(1000, attempt, 0.5))).toEqual([1000, 2000, 4000, 8000]);
  });

  it('varies by 20 %', () => {
    expect([0, 0.25, 1].map(random => backoffDelayMs(1000, 1, random))).toEqual([800, 900, 1200]);
  });

  it('does not grow beyond 5 minutes, or what was asked for', () => {
    expect(backoffDelayMs(1000, 2000, 0.5)).toBe(300_000);
    expect(backoffDelayMs(1_000_000, 3, 0.5)).toBe(1_000_000);
  });
});
