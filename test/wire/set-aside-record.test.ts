import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  decodeSetAside,
  encodeSetAside,
  isSetAsideKey,
  type KnownChunk,
  type SetAsideRecord,
} from '../../src/wire/set-aside-record.js';

const record: SetAsideRecord = {
  versionId: '00000000000000aa',
  path: 'run/a.dat',
  sha512: 'ff',
  chunkCount: 9,
  reason: 'incomplete',
  lastChunkAt: '2026-01-01T00:00:00.000Z',
  setAsideAt: '2026-01-02T00:00:00.000Z',
  name: 'Test',
  version: '1',
  groupId: 'own',
  topic: 'raw',
  chunks: [
    { index: 1, partition: 0, offset: 10n },
    { index: 2, partition: 0, offset: 11n },
    { index: 5, partition: 0, offset: 12n },
    { index: 3, partition: 2, offset: 7n },
  ],
};

const reader = { topic: 'raw', groupId: 'own' };

const chunk = fc.record({
  index: fc.integer({ min: 1, max: 1_000_000 }),
  partition: fc.integer({ min: 0, max: 5 }),
  offset: fc.bigInt({ min: 0n, max: 2n ** 40n }),
});

function placesOf(chunks: readonly KnownChunk[]): string[] {
  return chunks.map(({ index, partition, offset }) => `${index} ${partition}/${offset}`).sort();
}

it('says of every chunk where it lies, in whatever order they are', () => {
  fc.assert(
    fc.property(fc.uniqueArray(chunk, { minLength: 1, selector: ({ offset }) => offset }), chunks => {
      const { value } = encodeSetAside({ ...record, chunks });
      const places = decodeSetAside(value, reader)!;
      expect(placesOf(places.chunks)).toEqual(placesOf(chunks));
      expect(places).toMatchObject({ versionId: record.versionId, path: 'run/a.dat', chunkCount: 9 });
    }),
  );
});

it('can be read by people: what is missing, and ranges', () => {
  const { value } = encodeSetAside(record);
  expect(JSON.parse(value.toString())).toMatchObject({
    outcome: 'set-aside',
    path: 'run/a.dat',
    missing: '4, 6-9',
    source: {
      topic: 'raw',
      partitions: [
        {
          partition: 0,
          firstOffset: '10',
          lastOffset: '12',
          chunks: [
            [0, 1, 2],
            [2, 5, 1],
          ],
        },
        { partition: 2, firstOffset: '7', lastOffset: '7', chunks: [[0, 3, 1]] },
      ],
    },
  });
});

it('has a key of its own for what it knows, which is no path', () => {
  const { key } = encodeSetAside(record);
  expect(isSetAsideKey(key)).toBe(true);
  expect(isSetAsideKey('set-aside/a.dat')).toBe(false);
  expect(encodeSetAside({ ...record, groupId: 'other' }).key).not.toBe(key);
  expect(encodeSetAside({ ...record, setAsideAt: 'later' }).key).toBe(key);
  expect(encodeSetAside({ ...record, chunks: record.chunks.slice(1) }).key).not.toBe(key);
});

it.each([
  ['of another group', () => encodeSetAside({ ...record, groupId: 'other' }).value],
  ['of another topic', () => encodeSetAside({ ...record, topic: 'other' }).value],
  [
    'in a later format',
    () => Buffer.from(encodeSetAside(record).value.toString().replace('"format":1', '"format":2')),
  ],
  ['that is no JSON', () => Buffer.from('text')],
  ['of nothing', () => Buffer.from('null')],
  [
    'without places',
    () => Buffer.from('{"format":1,"versionId":"00000000000000aa","chunkCount":2,"source":{"topic":"raw"}}'),
  ],
])('heeds none %s', (_what, value) => {
  expect(decodeSetAside(value(), reader)).toBeUndefined();
});
