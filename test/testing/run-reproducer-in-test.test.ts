import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Processor, Reproducer } from '../../decorators/index.js';
import { ConfigError } from '../../src/errors.js';
import type { DataFile } from '../../src/processing/data-file.js';
import { runReproducerInTest, TestKafka, uploadFiles, valuesByFile } from '../../src/testing/index.js';
import { LineCounter } from './line-counter.js';

let kafka: TestKafka;
beforeEach(async () => {
  kafka = await TestKafka.start();
});
afterEach(() => kafka.stop());

const files = { 'a.txt': 'one\ntwo', 'b.txt': 'one\ntwo\nthree' };

describe('runReproducerInTest', () => {
  it('runs a class on files whose chunks come in any order, and reads its results', async () => {
    const worker = await runReproducerInTest(LineCounter, { kafka, argv: ['--shortest', '4'] });
    await uploadFiles(kafka, 'texts', files, { chunkBytes: 3, order: { seed: 1 } });
    expect(await worker.untilFile('b.txt')).toMatchObject({ kind: 'file-done', messageCount: 1 });
    await worker.untilFiles(2);
    expect(valuesByFile(await worker.results())).toEqual({
      'a.txt': [{ lines: 0 }],
      'b.txt': [{ lines: 1 }],
    });
    expect(await worker.stop()).toMatchObject({ outcome: 'stopped', files: { done: 2 } });
  });

  it('reads results of every compression, and ends by itself when told so', async () => {
    for (const compression of ['gzip', 'snappy', 'lz4', 'zstd'] as const) {
      const options = { kafka, compression, consumeTopic: compression, produceTopic: `${compression}-out` };
      await uploadFiles(kafka, compression, files);
      const worker = await runReproducerInTest(LineCounter, { ...options, limit: 2 });
      expect(await worker.ended).toMatchObject({ outcome: 'limit' });
      expect(kafka.batches(`${compression}-out`, 0)[0]!.compression).toBe(compression);
      expect(valuesByFile(await worker.results())).toEqual({
        'a.txt': [{ lines: 2 }],
        'b.txt': [{ lines: 3 }],
      });
    }
  });

  it('tells of files that are skipped or fail, of bad messages and of the log', async () => {
    const worker = await runReproducerInTest(LineCounter, { kafka, attempts: 1 });
    await uploadFiles(
      kafka,
      'texts',
      { good: 'fine', skipped: 'skip', failed: 'fail', damaged: 'x' },
      {
        faults: [
          { kind: 'garbage', path: 'good' },
          { kind: 'duplicate', path: 'good' },
          { kind: 'wrong-file-hash', path: 'damaged' },
        ],
      },
    );
    expect(await worker.untilFile('skipped')).toMatchObject({
      kind: 'file-done',
      skipped: 'nothing to count',
    });
    expect(await worker.untilFile('failed')).toMatchObject({ kind: 'file-failed', reason: 'threw' });
    expect(await worker.untilFile('damaged')).toMatchObject({
      kind: 'file-failed',
      reason: 'file-hash-mismatch',
    });
    expect((await worker.untilLogLine(/counting good/)).level).toBe('info');
    await worker.untilIdle();
    expect(worker.badInput.map(({ code }) => code)).toEqual(['ERR_CHUNK_DECODE']);
    expect(valuesByFile(await worker.results())).toEqual({ good: [{ lines: 1 }] });
  });

  it('is idle when only incomplete files are left, and takes the rest when it comes', async () => {
    const worker = await runReproducerInTest(LineCounter, { kafka });
    const options = { chunkBytes: 3 };
    await uploadFiles(kafka, 'texts', files, {
      ...options,
      faults: [{ kind: 'missing', path: 'a.txt', chunk: 2 }],
    });
    await worker.untilIdle();
    expect(worker.files.map(({ file }) => file.path)).toEqual(['b.txt']);
    expect(worker.summary().files).toMatchObject({ done: 1, incomplete: 1 });
    await uploadFiles(kafka, 'texts', { 'a.txt': files['a.txt'] }, options);
    await worker.untilFile('a.txt');
    await worker.untilIdle();
  });

  it('is not idle while a method runs', async () => {
    let finish!: () => void;
    const finished = new Promise<void>(resolve => (finish = resolve));
    @Reproducer('texts', 'counts')
    class Slow {
      @Processor()
      async count(file: DataFile) {
        await finished;
        return file.size;
      }
    }
    const worker = await runReproducerInTest(Slow, { kafka });
    await uploadFiles(kafka, 'texts', files);
    await expect(worker.untilIdle({ timeoutMs: 1_500 })).rejects.toThrow(
      'not reached within 1500 ms: nothing left to do',
    );
    finish();
    await worker.untilIdle();
    expect(worker.files).toHaveLength(2);
  });

  it('goes on where the last worker of the group ended', async () => {
    await uploadFiles(kafka, 'texts', files);
    const first = await runReproducerInTest(LineCounter, { kafka, limit: 2 });
    await first.ended;
    await uploadFiles(kafka, 'texts', { 'c.txt': 'one' });
    const second = await runReproducerInTest(LineCounter, { kafka });
    await second.untilIdle();
    expect(second.files.map(({ file }) => file.path)).toEqual(['c.txt']);
  });

  it('goes on after the broker was away and commits were refused', async () => {
    const worker = await runReproducerInTest(LineCounter, { kafka });
    const refused = kafka.faults.on('OffsetCommit', { error: 'REQUEST_TIMED_OUT' });
    await uploadFiles(kafka, 'texts', { 'a.txt': 'one' });
    await refused.fired();
    await kafka.crash();
    await kafka.resume();
    await uploadFiles(kafka, 'texts', { 'b.txt': 'two' });
    await worker.untilFile('b.txt');
    await worker.untilIdle();
  });

  it('says what there was instead of what was waited for', async () => {
    const worker = await runReproducerInTest(LineCounter, { kafka, attempts: 1 });
    await uploadFiles(kafka, 'texts', { bad: 'fail' });
    await worker.untilFile('bad');
    const wait = worker.untilFile('a.txt', { timeoutMs: 30 });
    await expect(wait).rejects.toThrow(
      /^not reached within 30 ms: an outcome of a\.txt\nThe worker is running\./,
    );
    await expect(wait).rejects.toThrow(/Files with an outcome: bad failed \(.*not a text\)\./);
    await expect(wait).rejects.toThrow(/Its log ends with:\n {2}\w+: /);
    const late = worker.untilFiles(5);
    await worker.stop();
    await expect(late).rejects.toThrow(
      /^the worker ended before this was reached: 5 files with an outcome\nThe worker is stopped\./,
    );
  });

  it('is refused with the mistakes of its options, and leaves nothing that runs', async () => {
    await expect(runReproducerInTest(LineCounter, { kafka, limit: 0 })).rejects.toThrow(ConfigError);
  });

  it('stops with its broker', async () => {
    const worker = await runReproducerInTest(LineCounter, { kafka });
    await kafka.stop();
    expect(worker.state).toBe('stopped');
  });
});
