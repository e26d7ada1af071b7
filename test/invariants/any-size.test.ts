import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
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
import { seededBytes } from './harness/seeded-random.js';

let kafka: TestKafka;
let outputDir: string;
beforeEach(async () => {
  kafka = await TestKafka.start();
  outputDir = mkdtempSync(join(tmpdir(), 'any-size-'));
});
afterEach(async () => {
  await kafka.stop();
  await rm(outputDir, { recursive: true, force: true });
});

const sha512 = (bytes: Uint8Array): string => createHash('sha512').update(bytes).digest('hex');

/** Says what it saw of a file in each way there is. */
@Reproducer('files', 'seen', { memoryBudget: '100KB', attempts: 3 })
class Viewer {
  @Processor()
  async look(file: DataFile) {
    const streamed = createHash('sha512');
    for await (const piece of file.stream()) streamed.update(piece as Buffer);
    const whole = wholeOf(file);
    const kept = file.localPath === undefined ? 'nowhere' : sha512(readFileSync(file.localPath));
    return { size: file.size, streamed: streamed.digest('hex'), whole, kept };
  }
}

function wholeOf(file: DataFile): string {
  try {
    return sha512(file.bytes);
  } catch (error) {
    return (error as Error).message;
  }
}

const start = (mode: 'memory' | 'disk' | 'both'): Promise<ReproducerInTest> =>
  runReproducerInTest(Viewer, { kafka, mode, outputDir, partitions: 4 });

describe.each(['memory', 'disk', 'both'] as const)('with --mode %s', mode => {
  it('the method sees each file the same way, whether it fits into the memory budget or not', async () => {
    const files = {
      'run/small.dat': seededBytes('small', 1_000),
      'run/middle.dat': seededBytes('middle', 90_000),
      'run/large.dat': seededBytes('large', 1_000_000),
    };
    const worker = await start(mode);
    await uploadFiles(kafka, 'files', files, { chunkBytes: 7_000, order: { seed: 3 } });
    await worker.untilFiles(3);
    const seen = valuesByFile(await worker.results());
    for (const [path, bytes] of Object.entries(files)) {
      const hash = sha512(bytes);
      const whole =
        bytes.length <= 100_000
          ? hash
          : `${path} has 1000000 bytes, and at most 100000 are loaded as a whole (--memory-budget): ` +
            'read it with file.stream(), or raise --memory-budget';
      const kept = mode === 'memory' ? 'nowhere' : hash;
      expect(seen[path], path).toEqual([{ size: bytes.length, streamed: hash, whole, kept }]);
    }
    expect(await worker.stop()).toMatchObject({ outcome: 'stopped', files: { done: 3 } });
    expect(existsSync(outputDir) ? readdirSync(outputDir) : []).toEqual(mode === 'memory' ? [] : ['run']);
  });

  it('a shorter new version over a longer one keeps nothing of it', async () => {
    const worker = await start(mode);
    for (const size of [300_000, 200_000, 20]) {
      const bytes = seededBytes(`version ${size}`, size);
      await uploadFiles(kafka, 'files', { 'a.dat': bytes }, { chunkBytes: 7_000, order: { seed: size } });
    }
    await worker.untilFile('a.dat', { count: 3 });
    const seen = valuesByFile(await worker.results())['a.dat'] as { size: number; kept: string }[];
    expect(seen.map(({ size }) => size).sort((a, b) => a - b)).toEqual([20, 200_000, 300_000]);
    for (const { size, kept } of seen)
      if (mode !== 'memory') expect(kept).toBe(sha512(seededBytes(`version ${size}`, size)));
    await worker.stop();
    expect(existsSync(join(outputDir, '.reproducer-parts'))).toBe(false);
  });

  it('damaged chunks do not spoil a file that is put together on disk', async () => {
    const bytes = seededBytes('damaged', 400_000);
    const options = { chunkBytes: 10_000, layout: 'scattered' } as const;
    const worker = await start(mode);
    await uploadFiles(
      kafka,
      'files',
      { 'a.dat': bytes },
      { ...options, faults: [{ kind: 'missing', chunk: 7 }] },
    );
    const fault = { kind: 'wrong-chunk-hash', path: 'a.dat', chunk: 7 } as const;
    await uploadFiles(kafka, 'files', { 'a.dat': bytes }, { ...options, faults: [fault] });
    await uploadFiles(kafka, 'files', { 'a.dat': bytes }, options);
    await worker.untilFile('a.dat');
    const [seen] = valuesByFile(await worker.results())['a.dat'] as { streamed: string }[];
    expect(seen!.streamed).toBe(sha512(bytes));
  });
});

it('200 files at once, together a hundred times the memory budget, are all done within it', async () => {
  const files = Object.fromEntries(
    Array.from({ length: 200 }, (_, at) => [`run/f${at}.dat`, seededBytes(`f${at}`, 20_000)]),
  );
  const worker = await runReproducerInTest(Viewer, { kafka, outputDir, memoryBudget: '40KB', partitions: 4 });
  await uploadFiles(kafka, 'files', files, { chunkBytes: 5_000, order: 'interleaved' });
  await worker.untilFiles(200, { timeoutMs: 40_000 });
  const seen = valuesByFile(await worker.results());
  for (const [path, bytes] of Object.entries(files)) {
    const hash = sha512(bytes);
    expect(seen[path]).toEqual([{ size: 20_000, streamed: hash, whole: hash, kept: 'nowhere' }]);
  }
  expect(await worker.stop()).toMatchObject({ files: { done: 200, failed: 0 } });
});

it('a name that is taken by a folder fails its file, and the others are done', async () => {
  const worker = await start('disk');
  await uploadFiles(kafka, 'files', { 'a/b.dat': 'first' });
  await worker.untilFile('a/b.dat');
  await uploadFiles(kafka, 'files', { a: 'a folder has its name', 'c.dat': 'last' });
  expect(await worker.untilFile('a')).toMatchObject({ kind: 'file-failed', reason: 'not-placed' });
  expect(await worker.untilFile('c.dat')).toMatchObject({ kind: 'file-done' });
});

it('an output directory that cannot be written to ends the worker before it reads anything', async () => {
  const folder = join(outputDir, 'file');
  await uploadFiles(kafka, 'files', { a: 'a' });
  await rm(outputDir, { recursive: true });
  mkdirSync(outputDir);
  writeFileSync(folder, '');
  const worker = await runReproducerInTest(Viewer, { kafka, mode: 'disk', outputDir: folder });
  expect(await worker.ended).toMatchObject({ outcome: 'failed', exitCode: 1, files: { done: 0 } });
  expect(worker.summary().error).toContain(`cannot write to the output directory ${folder} (--output-dir)`);
});

it.each([
  { name: 'in memory', memoryBudget: '256MiB', order: undefined },
  { name: 'in memory, in any order', memoryBudget: '256MiB', order: { seed: 5 } },
  { name: 'on disk', memoryBudget: '16MiB', order: undefined },
  { name: 'on disk, in any order', memoryBudget: '16MiB', order: { seed: 5 } },
])('a file of 40 MiB, which is hashed while it comes, is seen as it was uploaded: $name', async options => {
  const { memoryBudget, order } = options;
  const bytes = seededBytes('40 MiB', 40 * 1024 * 1024);
  const worker = await runReproducerInTest(Viewer, { kafka, outputDir, memoryBudget, partitions: 4 });
  await uploadFiles(kafka, 'files', { 'a.dat': bytes }, order === undefined ? {} : { order });
  await worker.untilFile('a.dat');
  const [seen] = valuesByFile(await worker.results())['a.dat'] as { streamed: string }[];
  expect(seen!.streamed).toBe(sha512(bytes));
  await worker.stop();
});
