import fc from 'fast-check';
import { expect, it } from 'vitest';
import { decodeSuperseded, encodeSuperseded, isSupersededKey } from '../../src/wire/superseded-record.js';
import {
  isOlder,
  latestOf,
  latestWith,
  versionTimesValue,
  type VersionTimes,
} from '../../src/wire/upload-times.js';

const reader = { topic: 'raw', groupId: 'own' };
const { key, value } = encodeSuperseded({
  versionId: '0123456789abcdef',
  path: 'run/a.dat',
  sha512: 'ff',
  chunkCount: 3,
  supersededBy: 'fedcba9876543210',
  supersededAt: '2026-11-29T12:00:00.000Z',
  name: 'Test',
  version: '1',
  groupId: 'own',
  topic: 'raw',
});

it('is read by who wrote it, under a key that no path has', () => {
  expect(isSupersededKey(key)).toBe(true);
  expect(isSupersededKey('superseded/a.dat')).toBe(false);
  expect(decodeSuperseded(value, reader)).toEqual({
    versionId: '0123456789abcdef',
    path: 'run/a.dat',
    supersededBy: 'fedcba9876543210',
  });
});

it.each([
  ['another group', value, { ...reader, groupId: 'other' }],
  ['another topic', value, { ...reader, topic: 'other' }],
  ['what is no JSON', Buffer.from('{'), reader],
  ['another format', Buffer.from('{"format":2}'), reader],
])('nothing is read of %s', (_, bytes, of) => {
  expect(decodeSuperseded(bytes, of)).toBeUndefined();
});

const times = (firstWrittenAtMs: number, lastWrittenAtMs: number, modifiedAtSeconds?: number) => ({
  firstWrittenAtMs,
  lastWrittenAtMs,
  ...(modifiedAtSeconds === undefined ? {} : { modifiedAtSeconds }),
});

it.each([
  ['all of it came before', times(1, 2), times(3, 4), true],
  ['it began and ended before', times(1, 3), times(2, 4), true],
  ['it began before, and went on after the end of the other', times(1, 5), times(2, 4), false],
  ['it began after the other', times(2, 3), times(1, 4), false],
  ['both came at once', times(1, 1), times(1, 1), false],
  ['it was modified later', times(1, 2, 10), times(3, 4, 9), false],
  ['it was modified at the same time', times(1, 2, 9), times(3, 4, 9), true],
  ['only of the other it is known when it was modified', times(1, 2), times(3, 4, 9), true],
])('an upload of which %s: older is %4$s', (_, one, other, expected) => {
  expect(isOlder(one, other)).toBe(expected);
  expect(expected && isOlder(other, one)).toBe(false);
});

it('times survive the state topic, and what is none is not taken for one', () => {
  const some = { versionId: 'a', ...times(1_700_000_000_123, 1_700_000_001_456, 1_600_000_000.25) };
  const written = JSON.parse(JSON.stringify(versionTimesValue(some))) as unknown;
  expect(latestOf([written, written])).toEqual([some, some]);
  // As it was written before there could be several.
  expect(latestOf(written)).toEqual([some]);
  for (const value of [undefined, null, 3, {}, { versionId: 'a', firstAt: 'x', lastAt: 'y' }])
    expect(latestOf(value)).toEqual([]);
});

it('what is older than a version that is done is known in whatever order they were done', () => {
  const someTimes = fc
    .tuple(fc.nat(4), fc.nat(4), fc.option(fc.nat(3), { nil: undefined }))
    .map(([first, lasts, modified]) => times(first, first + lasts, modified));
  fc.assert(
    fc.property(fc.array(someTimes, { maxLength: 8 }), someTimes, (all, one) => {
      const versions = all.map((its, at): VersionTimes => ({ versionId: String(at), ...its }));
      const latest = versions.reduce<readonly VersionTimes[]>(latestWith, []);
      expect(latest.some(other => isOlder(one, other))).toBe(versions.some(other => isOlder(one, other)));
      const other = versions.toReversed().reduce<readonly VersionTimes[]>(latestWith, []);
      const timesOf = (some: readonly VersionTimes[]) =>
        new Set(
          some.map(
            ({ firstWrittenAtMs, lastWrittenAtMs, modifiedAtSeconds }) =>
              `${firstWrittenAtMs} ${lastWrittenAtMs} ${String(modifiedAtSeconds)}`,
          ),
        );
      expect(timesOf(other)).toEqual(timesOf(latest));
    }),
  );
});
