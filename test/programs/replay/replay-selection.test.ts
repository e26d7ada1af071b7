import { expect, it } from 'vitest';
import type { DeadLetter } from '../../../src/failures/dead-letter.js';
import {
  isSelected,
  replaySelection,
  type ReplayFlags,
} from '../../../src/programs/replay/replay-selection.js';

const nowMs = Date.parse('2026-02-01T00:00:00Z');
const letter: DeadLetter = {
  kind: 'message',
  source: { topic: 'raw', partitions: [{ partition: 1, offsets: '42' }] },
  reason: 'ERR_CHUNK_DECODE',
  error: { name: 'ChunkDecodeError', message: 'no chunk' },
  groupId: 'peaks',
  name: 'PeakFinder',
  version: '',
  failedAt: '2026-01-31T12:00:00Z',
};
const isMeant = (flags: ReplayFlags): boolean =>
  isSelected({ key: 'k', letter }, replaySelection(flags, nowMs));

it.each([
  [{}, true],
  [{ reason: 'ERR_CHUNK_DECODE' }, true],
  [{ reason: 'threw' }, false],
  [{ since: '24h' }, true],
  [{ since: '6h' }, false],
  [{ since: '2026-01-31' }, true],
  [{ olderThan: '6h' }, true],
  [{ olderThan: '24h' }, false],
  [{ path: '**' }, false],
])('%j means a message that was given up 12 hours ago: %s', (flags, expected) => {
  expect(isMeant(flags)).toBe(expected);
});

it.each([
  [{ list: true, show: true }, '--list, --show and --dismiss exclude each other: give one of them'],
  [
    { reason: 'thrown' },
    '--reason must be one of threw, timed-out, returned-nothing, bad-result, crashed, file-hash-mismatch, too-large, not-placed, ' +
      'result-refused, chunks-lost, or of a message a code such as ERR_CHUNK_DECODE; found "thrown"',
  ],
  [{ from: 'raw' }, '--from needs --path: which files of the topic are to be run again'],
  [
    { since: 'yesterday' },
    '--since must be a duration such as 24h, or a date such as 2026-01-31 or 2026-01-31T12:00Z; found "yesterday"',
  ],
])('%j is refused', (flags, problem) => {
  expect(() => replaySelection(flags, nowMs)).toThrow(problem);
});
