import { afterAll, beforeAll, expect, test } from 'vitest';
import { encode } from '@msgpack/msgpack';
import { brokerUnderTest, type BrokerUnderTest } from './harness/broker-under-test.js';
import { differences } from './harness/result-account.js';
import { Scene } from './harness/scene.js';
import { seededBytes } from './harness/seeded-random.js';
import { chunkFields, encodeFields, sha512, type ChunkFields } from './harness/sent-file.js';
import { compileProgram, type LogLine } from './harness/worker-process.js';

const waitMs = 20_000;
let broker: BrokerUnderTest;
let program: string;
let scene: Scene;

beforeAll(async () => {
  broker = await brokerUnderTest();
  program = await compileProgram(new URL('./programs/hash-files.ts', import.meta.url));
  scene = await Scene.open(broker.brokers);
});
afterAll(async () => {
  await scene.close();
  await broker.close();
});

interface BadMessage {
  readonly what: string;
  readonly value: Buffer | null;
  readonly code: string;
}

/** One chunk of a file of its own, with fields that no honest uploader sends. */
function altered(what: string, change: Partial<ChunkFields>): Buffer {
  const [fields] = chunkFields(`bad/${what.replaceAll(/\W/g, '-')}`, seededBytes(what, 100), 100);
  return encodeFields({ ...fields!, ...change });
}

/** Each is complete in itself: one message, one report. */
const badMessages: readonly BadMessage[] = [
  { what: 'garbage', value: seededBytes('garbage', 300), code: 'ERR_CHUNK_DECODE' },
  { what: 'text', value: Buffer.from('temperature,23.5\n'), code: 'ERR_CHUNK_DECODE' },
  { what: 'nothing', value: Buffer.alloc(0), code: 'ERR_CHUNK_DECODE' },
  { what: 'null value', value: null, code: 'ERR_CHUNK_DECODE' },
  { what: 'another map', value: Buffer.from(encode({ a: 1 })), code: 'ERR_CHUNK_DECODE' },
  { what: 'another array', value: Buffer.from(encode([1, 2, 3])), code: 'ERR_CHUNK_DECODE' },
  { what: 'cut off', value: altered('cut off', {}).subarray(0, 150), code: 'ERR_CHUNK_DECODE' },
  { what: 'negative start', value: altered('negative start', { startByte: -5 }), code: 'ERR_CHUNK_DECODE' },
  { what: 'index above count', value: altered('above', { index: 3, count: 2 }), code: 'ERR_CHUNK_DECODE' },
  {
    what: 'wrong chunk hash',
    value: altered('wrong chunk hash', { data: seededBytes('other', 100) }),
    code: 'ERR_CHUNK_HASH_MISMATCH',
  },
  { what: 'absolute path', value: altered('absolute', { subdirectory: '/etc' }), code: 'ERR_UNSAFE_PATH' },
  { what: 'parent folder', value: altered('parent', { subdirectory: '../..' }), code: 'ERR_UNSAFE_PATH' },
  { what: 'parent in name', value: altered('name', { filename: '../evil.sh' }), code: 'ERR_UNSAFE_PATH' },
  { what: '10 KiB name', value: altered('long', { filename: 'x'.repeat(10_240) }), code: 'ERR_UNSAFE_PATH' },
];

/** A good first chunk, and a second one of the same file that contradicts it. */
function conflicting(what: string, change: Partial<ChunkFields>): [Buffer, Buffer] {
  const path = `bad/${what.replaceAll(' ', '-')}`;
  const [first, second] = chunkFields(path, seededBytes(what, 300), 100);
  return [encodeFields(first!), encodeFields({ ...second!, ...change })];
}

/** Each chunk is good, the whole is not what its uploader said. */
const wrongFileHash = altered('wrong file hash', { fileHash: sha512(Buffer.from('something else')) });

const badLines = (lines: readonly LogLine[]): LogLine[] =>
  lines.filter(line => typeof line['code'] === 'string' && line['offset'] !== undefined);

test('each bad message is reported once, with its place and reason, and the rest goes on', async () => {
  const expected: string[] = [];
  const before = await scene.upload('good-before', 6);
  for (const [at, { value, code }] of badMessages.entries()) {
    const partition = at % 4;
    const offset = await scene.sender.sendRaw(partition, `bad-${at}`, value);
    expected.push(`${scene.topic}[${partition}]@${offset} ${code}`);
  }
  const [first, overlapping] = conflicting('overlapping', { startByte: 50 });
  await scene.sender.sendRaw(2, 'overlap-1', first);
  const overlapAt = await scene.sender.sendRaw(2, 'overlap-2', overlapping);
  expected.push(`${scene.topic}[2]@${overlapAt} ERR_CHUNK_CONFLICT`);
  const fileAt = await scene.sender.sendRaw(3, 'wrong-file-hash', wrongFileHash);
  // Chunks of a good file among which one names another count: it is put together on its own.
  const [stray] = chunkFields('good-after/file-5.dat', seededBytes('good-after/file-5.dat', 7616), 2048);
  await scene.sender.sendRaw(1, 'other-count', encodeFields({ ...stray!, count: 99 }));
  const after = await scene.upload('good-after', 6);

  const worker = scene.start(program, '--log-level', 'debug');
  await scene.waitForResults(worker, 12, waitMs);
  await worker.runUntil('all reports', waitMs, () => badLines(worker.lines).length > expected.length);
  worker.send('SIGTERM');
  // 3: ended well, but a file failed.
  expect(await worker.exited).toEqual({ code: 3, signal: null });

  // Which of the two counts is read first, and so which chunk contradicts, is a matter of the order of partitions.
  const isOtherCount = ({ reason }: LogLine) => String(reason).includes('others of the same content say');
  const otherCounts = badLines(worker.lines).filter(isOtherCount);
  expect(otherCounts).toEqual([expect.objectContaining({ topic: scene.topic, code: 'ERR_CHUNK_CONFLICT' })]);
  expect(otherCounts[0]!['reason']).toMatch(/\b99\b/);
  const otherBadLines = badLines(worker.lines).filter(line => !isOtherCount(line));
  const found = otherBadLines.map(
    ({ topic, partition, offset, code }) =>
      `${String(topic)}[${String(partition)}]@${String(offset)} ${String(code)}`,
  );
  expect(found.sort()).toEqual(expected.sort());
  const givenUp = worker.lines.filter(({ reason }) => reason === 'file-hash-mismatch');
  expect(givenUp).toEqual([
    expect.objectContaining({
      file: 'bad/wrong-file-hash',
      source: {
        topic: scene.topic,
        partitions: [{ partition: 3, firstOffset: String(fileAt), lastOffset: String(fileAt) }],
      },
    }),
  ]);
  for (const line of badLines(worker.lines)) expect(String(line['reason']).length).toBeGreaterThan(10);
  expect(differences([...before, ...after], await scene.results.catchUp())).toEqual([]);
});
