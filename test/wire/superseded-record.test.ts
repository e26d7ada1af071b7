import { expect, it } from 'vitest';
import { decodeSuperseded, encodeSuperseded, isSupersededKey } from '../../src/wire/superseded-record.js';
import { isOlder, versionTimesOf, versionTimesValue } from '../../src/wire/upload-times.js';

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
  expect(versionTimesOf(JSON.parse(JSON.stringify(versionTimesValue(some))))).toEqual(some);
  for (const value of [undefined, null, 3, {}, { versionId: 'a', firstAt: 'x', lastAt: 'y' }])
    expect(versionTimesOf(value)).toBeUndefined();
});
