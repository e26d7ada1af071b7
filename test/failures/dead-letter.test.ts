import { describe, expect, it } from 'vitest';
import {
  decodeDeadLetter,
  deadLetterKey,
  encodeDeadLetter,
  type DeadLetter,
  type FileDeadLetter,
} from '../../src/failures/dead-letter.js';
import { deadLetterMessage } from '../../src/failures/dead-letter-message.js';

const file: FileDeadLetter = {
  kind: 'file',
  path: 'run/scan.csv',
  versionId: '00000000000000aa',
  sha512: 'ab',
  size: 2500,
  chunkCount: 3,
  source: { topic: 'raw', partitions: [{ partition: 258, offsets: '4294967297-4294967299' }] },
  reason: 'threw',
  error: { name: 'TypeError', message: 'no header', stack: 'TypeError: no header\n    at findPeaks' },
  attempts: 3,
  processingMs: 12,
  resultId: 'r',
  groupId: 'peaks',
  name: 'PeakFinder',
  version: '2',
  firstChunkAt: '2026-01-01T00:00:00.000Z',
  failedAt: '2026-01-01T00:00:01.000Z',
};
const message: DeadLetter = {
  kind: 'message',
  source: { topic: 'raw', partitions: [{ partition: 1, offsets: '42' }] },
  reason: 'ERR_CHUNK_DECODE',
  error: { name: 'ChunkDecodeError', message: 'no chunk' },
  groupId: 'peaks',
  name: 'PeakFinder',
  version: '',
  failedAt: '2026-01-01T00:00:01.000Z',
};

describe('a dead letter', () => {
  it.each([file, message])('is read as it was written', letter => {
    expect(decodeDeadLetter(encodeDeadLetter(letter))).toEqual(letter);
  });

  it.each(['text', 'null', '1', '{}', '{"schema":1,"kind":"file"}', '{"schema":2}'])(
    'is not what somebody else wrote: %s',
    text => {
      expect(decodeDeadLetter(Buffer.from(text))).toBeUndefined();
    },
  );

  it.each([
    [],
    [{ partition: 0, offsets: 'abc' }],
    [{ partition: 0, offsets: '' }],
    [{ partition: 0, offsets: '9-3' }],
    [{ partition: -1, offsets: '3' }],
    [{ partition: 0.5, offsets: '3' }],
    [{ offsets: '3' }],
    [{ partition: 0 }],
    [null],
    ['0:3'],
  ])('is not one whose place cannot be read: %j', (...partitions) => {
    const { source, ...rest } = file;
    const value = { schema: 1, ...rest, source: { ...source, partitions } };
    expect(decodeDeadLetter(Buffer.from(JSON.stringify(value)))).toBeUndefined();
  });

  it('has a key that names the failure', () => {
    expect(deadLetterKey(file)).toBe('peaks/raw/run/scan.csv@00000000000000aa');
    expect(deadLetterKey(message)).toBe('peaks/raw[1]@42');
  });

  it('stays below 64 KiB however long the error is', () => {
    const long = 'x'.repeat(1_000_000);
    const cut = deadLetterMessage('dead', { ...file, error: { name: 'Error', message: long, stack: long } });
    expect(cut.value!.length).toBeLessThan(64 * 1024);
    expect(decodeDeadLetter(Buffer.from(cut.value!))!.error.message).toBe(
      `${'x'.repeat(2_000)}… (1000000 characters)`,
    );
    for (const text of Object.values(cut.headers)) expect(text.length).toBeLessThan(1_100);
  });

  it('says in the headers of SmallRye and Spring where its first chunk is', () => {
    const { headers, binaryHeaders } = deadLetterMessage('dead', file);
    expect(headers).toMatchObject({
      'dead-letter-partition': '258',
      'dead-letter-offset': '4294967297',
      'kafka_dlt-exception-fqcn': 'TypeError',
      'source-offsets': '258:4294967297-4294967299',
    });
    expect(binaryHeaders).toEqual({
      'kafka_dlt-original-partition': Buffer.from('00000102', 'hex'),
      'kafka_dlt-original-offset': Buffer.from('0000000100000001', 'hex'),
    });
  });
});
