import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Screen } from '../../../src/programs/demo/screen.js';
import {
  progressText,
  timeText,
  UploadProgress,
  withBar,
} from '../../../src/programs/upload/upload-progress.js';
import { recordingLogger } from '../../observe/reports.js';

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

describe('withBar', () => {
  it('shows a bar where the line has room for one', () => {
    expect(withBar('a third', counts, 80)).toBe('[######..............] a third');
    expect(withBar('a third', counts, 20)).toBe('[###......] a third');
    expect(withBar('a third', counts, 16)).toBe('a third');
    expect(withBar('all', { ...counts, sentBytes: counts.byteCount + 1 }, 12)).toBe('all');
    expect(withBar('all', { ...counts, sentBytes: counts.byteCount + 1 }, 13)).toBe('[######] all');
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

describe('the progress of an upload', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it('is a line on a terminal that is taken away at the end, and does not come again', () => {
    vi.useFakeTimers();
    const shown: string[] = [];
    const screen = { width: 80, status: (text: string) => shown.push(text) } as unknown as Screen;
    const { logger, messages } = recordingLogger();
    const progress = new UploadProgress(() => counts, logger, screen);
    vi.advanceTimersByTime(400);
    progress.stop();
    vi.advanceTimersByTime(60_000);
    expect(shown).toEqual([
      expect.stringMatching(/^\[#+\.+\] 400 of /),
      expect.stringMatching(/^\[#+\.+\] 400 of /),
      '',
    ]);
    expect(messages()).toEqual([]);
  });

  it('is a line of the log elsewhere, while it says something new', () => {
    vi.useFakeTimers();
    const { logger, messages } = recordingLogger();
    let endedCount = 1;
    const progress = new UploadProgress(() => ({ ...counts, sentBytes: 0, endedCount }), logger, undefined);
    vi.advanceTimersByTime(10_000);
    endedCount = 2;
    vi.advanceTimersByTime(5_000);
    progress.stop();
    endedCount = 3;
    vi.advanceTimersByTime(60_000);
    expect(messages().map(text => text.split(' of ')[0])).toEqual(['1', '2']);
  });
});
