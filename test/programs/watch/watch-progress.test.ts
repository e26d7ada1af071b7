import { expect, it } from 'vitest';
import { WatchProgress } from '../../../src/programs/watch/watch-progress.js';

const mebi = 1024 ** 2;

it('shows rate, time and a bar while there is something to send, counted from the last moment without', () => {
  const progress = new WatchProgress();
  const line = (sentMebi: number, leftMebi: number, atMs: number, width = 80): string =>
    progress.line('text', { sentBytes: sentMebi * mebi, leftBytes: leftMebi * mebi }, width, atMs);
  expect(line(500, 0, 0)).toBe('text');
  expect(line(500, 40, 1_000)).toBe('[....................] 0 B/s, text');
  expect(line(510, 30, 2_000)).toBe('[#####...............] 10 MiB/s, 3 s left, text');
  // More came.
  expect(line(530, 10, 4_000)).toBe('[###############.....] 10 MiB/s, 1 s left, text');
  expect(line(530, 90, 5_000, 20)).toBe('7.5 MiB/s, 12 s left, text');
  expect(line(620, 0, 9_000)).toBe('text');
  expect(line(620, 100, 99_000)).toBe('[....................] 0 B/s, text');
});
