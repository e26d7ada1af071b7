import { describe, expect, it } from 'vitest';
import { progressText, timeText } from '../../../src/programs/upload/upload-progress.js';

const counts = {
  fileCount: 1_200,
  byteCount: 3 * 1024 ** 3,
  endedCount: 400,
  sentBytes: 1024 ** 3,
  failedCount: 0,
};

describe('progressText', () => {
  it('says how much is sent, how fast, and how long the rest takes', () => {
    expect(progressText(counts, 100 * 1024 ** 2)).toBe(
      '400 of 1,200 files, 1.0 GiB of 3.0 GiB (33 %), 100 MiB/s, 20 s left',
    );
  });

  it('leaves out a time that nobody knows, and names what failed', () => {
    expect(progressText({ ...counts, sentBytes: 0, failedCount: 2 }, 0)).toBe(
      '400 of 1,200 files, 0 B of 3.0 GiB (0 %), 0 B/s, 2 failed',
    );
    expect(progressText({ ...counts, byteCount: 0, sentBytes: 0 }, 0)).toBe(
      '400 of 1,200 files, 0 B of 0 B (100 %), 0 B/s',
    );
  });
});

describe('timeText', () => {
  it.each([
    [0.2, '1 s'],
    [99, '99 s'],
    [240, '4 min'],
    [7_500, '2 h 5 min'],
  ])('%s seconds are %s', (seconds, text) => expect(timeText(seconds)).toBe(text));
});
