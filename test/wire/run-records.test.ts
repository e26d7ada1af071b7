import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  callKey,
  decodeRunRecord,
  encodeCall,
  encodeReader,
  isRunKey,
  readerKey,
  type AnnouncedCall,
} from '../../src/wire/run-records.js';

const own = { topic: 'raw', groupId: 'peaks' };
const reader = { partition: 3, runId: 'a', announcedFiles: 7, since: '2026-01-01T00:00:00.000Z' };
const call: AnnouncedCall = {
  versionId: '0123456789abcdef',
  path: 'run-17/scan.xy',
  partitions: [0, 2],
  deaths: 2,
  deathsAlone: 1,
  countedRuns: [{ runId: 'b', isAlone: true }],
  isAlone: true,
  runId: 'a',
  at: '2026-01-01T00:00:00.000Z',
};
const keys = [readerKey(own, 3), callKey(own, call.versionId)];

it('reads what it wrote, also that it was removed', () => {
  const [ofReader, ofCall] = keys;
  expect(decodeRunRecord(ofReader!, encodeReader(own, reader), own)).toEqual({
    kind: 'reader',
    partition: 3,
    reader,
  });
  expect(decodeRunRecord(ofReader!, null, own)).toEqual({ kind: 'reader', partition: 3 });
  expect(decodeRunRecord(ofCall!, encodeCall(own, call), own)).toEqual({
    kind: 'call',
    versionId: call.versionId,
    call,
  });
  const { runId: ended, ...counted } = call;
  expect(ended).toBe('a');
  expect(decodeRunRecord(ofCall!, encodeCall(own, counted), own)).toMatchObject({ call: counted });
  expect(keys.every(isRunKey)).toBe(true);
});

it('reads what earlier releases wrote, which did not name the runs', () => {
  const { countedRuns: named, ...rest } = call;
  expect(named).toHaveLength(1);
  const value = encodeCall(own, rest as AnnouncedCall);
  expect(decodeRunRecord(keys[1]!, value, own)).toMatchObject({ call: { ...rest, countedRuns: [] } });
});

it('takes nothing for a run that is none', () => {
  const counted = [{ runId: 'b', isAlone: true }, null, 'c', { runId: 7, isAlone: true }, { runId: 'd' }];
  const value = encodeCall(own, { ...call, countedRuns: counted as AnnouncedCall['countedRuns'] });
  expect(decodeRunRecord(keys[1]!, value, own)).toMatchObject({
    call: { countedRuns: [{ runId: 'b', isAlone: true }] },
  });
});

it('passes over what another group noted, or of another topic', () => {
  for (const other of [
    { ...own, groupId: 'others' },
    { ...own, topic: 'other' },
  ]) {
    expect(decodeRunRecord(readerKey(other, 3), encodeReader(other, reader), own)).toBeUndefined();
    expect(decodeRunRecord(callKey(other, call.versionId), null, own)).toBeUndefined();
  }
});

it('takes anything for a value', () => {
  fc.assert(
    fc.property(fc.constantFrom(...keys), fc.oneof(fc.string(), fc.json()), (key, text) => {
      const record = decodeRunRecord(key, Buffer.from(text), own);
      expect(['reader', 'call', undefined]).toContain(record?.kind);
    }),
  );
});
