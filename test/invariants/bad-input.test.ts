import { afterAll, beforeAll, expect, test } from 'vitest';
import { brokerUnderTest, type BrokerUnderTest } from './harness/broker-under-test.js';
import { differences } from './harness/result-account.js';
import { Scene } from './harness/scene.js';
import { seededBytes } from './harness/seeded-random.js';
import { badMessages, conflicting, wrongFileHash } from './harness/hostile-messages.js';
import { chunkFields, encodeFields } from './harness/sent-file.js';
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
  const givenUp = (): LogLine[] => worker.lines.filter(({ reason }) => reason === 'file-hash-mismatch');
  await worker.runUntil(
    'all reports, and the file given up',
    waitMs,
    () => badLines(worker.lines).length > expected.length && givenUp().length > 0,
  );
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
  expect(givenUp()).toEqual([
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
