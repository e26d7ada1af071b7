import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, statSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Processor, Reproducer } from '../../decorators/index.js';
import type { DataFile } from '../../src/processing/data-file.js';
import {
  runReproducerInTest,
  TestKafka,
  uploadFiles,
  valuesByFile,
  type ReproducerInTest,
} from '../../src/testing/index.js';
import type { ProcessorContext } from '../../src/processing/processor-context.js';
import { withAdmin } from './harness/topics.js';
import { seededBytes } from './harness/seeded-random.js';

const waitMs = 50_000;
const chunkBytes = 7_000;
const diskBudgetBytes = 60_000;

let kafka: TestKafka;
let outputDir: string;
/** Called by the method after the first piece of each stream. */
let onFirstPiece: () => Promise<void>;
/** Resolves when the running call is told to stop. */
let aborted: Promise<unknown> | undefined;
/** What streams ended with. */
let errors: string[];
/** Most bytes that lay in the output directory at a time when the method looked. */
let mostOnDisk: number;

beforeEach(async () => {
  kafka = await TestKafka.start();
  outputDir = mkdtempSync(join(tmpdir(), 'stream-from-topic-'));
  onFirstPiece = () => Promise.resolve();
  mostOnDisk = 0;
  errors = [];
});
afterEach(async () => {
  await kafka.stop();
  await rm(outputDir, { recursive: true, force: true });
});

const sha512 = (bytes: Uint8Array): string => createHash('sha512').update(bytes).digest('hex');

function whatBytesSay(file: DataFile): string {
  try {
    return `${file.bytes.length} bytes`;
  } catch (error) {
    return (error as Error).message;
  }
}

function bytesOnDisk(): number {
  const names = readdirSync(outputDir, { recursive: true }) as string[];
  const found = names.map(name => statSync(join(outputDir, name)));
  return found.reduce((sum, each) => sum + (each.isFile() ? each.size : 0), 0);
}

/** Listens for nothing else: no error, no end. */
async function headOf(file: DataFile): Promise<string> {
  const stream = file.stream();
  await once(stream, 'readable');
  return (stream.read(8) as Buffer).toString('hex');
}

@Reproducer('files', 'seen', {
  memoryBudget: '100KB',
  diskBudget: `${diskBudgetBytes}B`,
  attempts: 3,
  backoff: '1ms',
})
class Reader {
  @Processor()
  async look(file: DataFile, { signal }: ProcessorContext) {
    if (file.path === 'head.dat') return { head: await headOf(file) };
    const hash = createHash('sha512');
    let pieceCount = 0;
    aborted = new Promise(resolve => signal.addEventListener('abort', resolve));
    try {
      for await (const piece of file.stream()) {
        hash.update(piece as Buffer);
        pieceCount += 1;
        mostOnDisk = Math.max(mostOnDisk, bytesOnDisk());
        if (pieceCount === 1) await onFirstPiece();
      }
    } catch (error) {
      errors.push((error as Error).message);
      throw error;
    }
    const whole = whatBytesSay(file);
    return { size: file.size, streamed: hash.digest('hex'), whole, localPath: file.localPath ?? 'nowhere' };
  }
}

const start = (): Promise<ReproducerInTest> =>
  runReproducerInTest(Reader, { kafka, outputDir, partitions: 4 });

describe('a file above both budgets', () => {
  it.each([
    { name: 'in order', options: {} },
    { name: 'scattered, in any order', options: { order: { seed: 7 }, layout: 'scattered' as const } },
  ])(
    'is streamed from the topic as it was uploaded, and does not lie on disk: $name',
    async ({ options }) => {
      const bytes = seededBytes('large', 300_000);
      const worker = await start();
      await uploadFiles(kafka, 'files', { 'a.dat': bytes }, { chunkBytes, ...options });
      expect(await worker.untilFile('a.dat', { timeoutMs: waitMs })).toMatchObject({
        kind: 'file-done',
        attempts: 1,
      });
      expect(valuesByFile(await worker.results())['a.dat']).toEqual([
        {
          size: bytes.length,
          streamed: sha512(bytes),
          whole:
            'a.dat has 300000 bytes, and at most 100000 are loaded as a whole (--memory-budget): ' +
            'read it with file.stream(), or raise --memory-budget',
          localPath: 'nowhere',
        },
      ]);
      expect(mostOnDisk).toBe(0);
      await worker.stop();
    },
  );

  it('may be left by the method after its first bytes', async () => {
    const bytes = seededBytes('large', 200_000);
    const worker = await start();
    await uploadFiles(kafka, 'files', { 'head.dat': bytes }, { chunkBytes });
    expect(await worker.untilFile('head.dat', { timeoutMs: waitMs })).toMatchObject({ kind: 'file-done' });
    const head = bytes.subarray(0, 8).toString('hex');
    expect(valuesByFile(await worker.results())['head.dat']).toEqual([{ head }]);
    await worker.stop();
  });

  it('fails, and gives no short stream, when retention removes chunks between the two readings', async () => {
    const worker = await start();
    onFirstPiece = () => removeAllRecords();
    await uploadFiles(kafka, 'files', { 'a.dat': seededBytes('large', 200_000) }, { chunkBytes });
    const end = await worker.untilFile('a.dat', { timeoutMs: waitMs });
    // Another attempt could not find them either.
    expect(end).toMatchObject({ kind: 'file-failed', reason: 'threw', attempts: 1 });
    expect('error' in end && end.error).toMatch(
      /^StorageError: a\.dat cannot be read to its end: DATA LOSS: .* are no longer on the topic; retention removed them$/,
    );
    expect(await worker.results()).toEqual([]);
    await worker.stop();
  });

  it('is lost, as any other, when retention removes chunks before the first of the two readings', async () => {
    const bytes = seededBytes('large', 200_000);
    const last = { kind: 'missing', path: 'a.dat', chunk: 2 } as const;
    await uploadFiles(kafka, 'files', { 'a.dat': bytes }, { chunkBytes, partitions: 4, faults: [last] });
    const worker = await start();
    await worker.untilIdle({ timeoutMs: waitMs });
    await removeAllRecords();
    const others = Array.from({ length: Math.ceil(bytes.length / chunkBytes) }, (_, at) => at + 1);
    const faults = others
      .filter(chunk => chunk !== 2)
      .map(chunk => ({ kind: 'missing', path: 'a.dat', chunk }) as const);
    await uploadFiles(kafka, 'files', { 'a.dat': bytes }, { chunkBytes, faults });
    const end = await worker.untilFile('a.dat', { timeoutMs: waitMs });
    expect(end).toMatchObject({ kind: 'file-failed', reason: 'chunks-lost' });
    await worker.stop();
  });

  it('is read on when the broker was away in the middle of its stream', async () => {
    const bytes = seededBytes('large', 200_000);
    const worker = await start();
    onFirstPiece = async () => {
      await kafka.crash();
      await kafka.resume();
    };
    await uploadFiles(kafka, 'files', { 'a.dat': bytes }, { chunkBytes });
    expect(await worker.untilFile('a.dat', { timeoutMs: waitMs })).toMatchObject({ kind: 'file-done' });
    const [seen] = valuesByFile(await worker.results())['a.dat'] as { streamed: string }[];
    expect(seen!.streamed).toBe(sha512(bytes));
    await worker.stop();
  });

  it('ends its stream with an error when its partitions are lost, and is processed anew', async () => {
    const bytes = seededBytes('large', 200_000);
    const worker = await start();
    let lossCount = 0;
    onFirstPiece = async () => {
      lossCount += 1;
      if (lossCount > 1) return;
      const [member] = kafka.group(worker.options.groupId)!.members;
      kafka.expireMember(worker.options.groupId, member!.memberId);
      await aborted!;
    };
    await uploadFiles(kafka, 'files', { 'a.dat': bytes }, { chunkBytes });
    expect(await worker.untilFile('a.dat', { timeoutMs: waitMs })).toMatchObject({ kind: 'file-done' });
    expect(errors).toEqual([
      'the file is no longer wanted from this worker, so its content is not read any more',
    ]);
    const [seen] = valuesByFile(await worker.results())['a.dat'] as { streamed: string }[];
    expect(seen!.streamed).toBe(sha512(bytes));
    await worker.stop();
  });
});

function removeAllRecords(): Promise<void> {
  return withAdmin([kafka.brokers], async admin => {
    const ends = await admin.fetchTopicOffsets('files');
    const partitions = ends.map(({ partition, high }) => ({ partition, offset: high }));
    await admin.deleteTopicRecords({ topic: 'files', partitions });
  });
}
