import { expect, it } from 'vitest';
import { renderStatus } from '../../../src/programs/status/render-status.js';
import type { StatusReport } from '../../../src/programs/status/status-report.js';

const open = Array.from({ length: 21 }, (_, at) => ({
  ...{ path: `open-${at}.txt`, versionId: '0', haveCount: 1, chunkCount: 90, partition: 0, offset: '0' },
  missing: '2-9, 11-19, 21-29, 31-39, 41-49',
  since: '2026-11-23T20:49:11.232Z',
}));
const failed = Array.from({ length: 21 }, (_, at) => ({
  ...{ path: `failed-${at}\u001b[2J`, outcome: 'failed' as const, endedAt: '2026-11-23T20:49:11.232Z' },
}));
const report: StatusReport = {
  ...{ group: 'peaks', topic: 'files', at: '2026-11-23T20:49:11.232Z', partitions: [], lag: 1_200 },
  ...{ open, openUnseenCount: 0, unreadFileCount: 0, setAside: [], notes: [] },
  ...{ outcomes: { done: 1, failed: 21, corrupt: 1, lost: 1 }, failed },
};

it('a status shows the oldest open files and the latest that failed, no more than fit a screen', () => {
  const lines = renderStatus(report, 100);
  expect(lines[1]).toBe('1 done, 23 failed, 21 open, 0 not begun, 1,200 messages behind');
  expect(lines.filter(line => line.startsWith('open-'))).toHaveLength(20);
  expect(lines).toContain('open-0.txt   1 of 90  2-9, 11-19, 21-29, 31-3…  2026-11-23 20:49:11');
  expect(lines).toContain('and 1 more; --json lists all');
  const namesOfFailed = lines.filter(line => line.startsWith('failed-')).map(line => line.split(' ')[0]);
  expect(namesOfFailed).toEqual(failed.slice(1).map((_, at) => `failed-${at + 1}`));
  expect(lines.join('')).not.toContain('\u001b');
});

it('a status tells files that lack nothing from those that lack chunks, and the zone of its times', () => {
  const whole = { ...open[0]!, path: 'whole.txt', haveCount: 90, missing: '' };
  const lines = renderStatus({ ...report, open: [whole, open[1]!] }, 100);
  expect(lines[1]).toBe(
    '1 done, 23 failed, 2 open (1 whole, to be processed), 0 not begun, 1,200 messages behind',
  );
  expect(lines).toContain('whole.txt   90 of 90  none: to be processed     2026-11-23 20:49:11');
  expect(lines.filter(line => / {2}(since|at) \(UTC\)/.test(line))).toHaveLength(2);
});
