import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FileProcessor, Processor, Reproducer } from '../../decorators/index.js';
import { ConfigError, UnsafePathError } from '../../src/errors.js';
import type { DataFile } from '../../src/processing/data-file.js';
import type { ProcessorContext } from '../../src/processing/processor-context.js';
import { ResultMessage } from '../../src/processing/result-message.js';
import {
  processFile,
  readResults,
  runReproducerInTest,
  TestKafka,
  uploadFiles,
} from '../../src/testing/index.js';
import { LineCounter } from './line-counter.js';

const text = { path: 'notes/a.txt', bytes: 'one\n\nthree' };

describe('processFile', () => {
  it('gives the messages of the method, with the options of the class', async () => {
    const processed = await processFile(LineCounter, text, { argv: ['--shortest', '1'] });
    expect(processed).toMatchObject({ outcome: 'done', attempts: 1, progress: [1] });
    expect(processed.messages).toHaveLength(1);
    expect(processed.messages[0]).toMatchObject({
      file: 'notes/a.txt',
      topic: 'counts',
      key: 'notes_a.txt_chunk_processing_result',
      json: { lines: 2 },
      text: '{"lines":2}',
    });
    expect(processed.logLines.map(({ message }) => message)).toContain('counting notes/a.txt');
  });

  it('writes no file, not even of what is logged', async () => {
    const cwd = mkdtempSync(join(tmpdir(), 'process-file-'));
    @Reproducer('texts', 'counts')
    class Forgetful {
      @Processor()
      summarize(_file: DataFile, { log }: ProcessorContext) {
        log.error('nothing to say');
        return null;
      }
    }
    const { outcome, logLines } = await processFile(Forgetful, text, { cwd });
    expect(outcome).toBe('failed');
    expect(logLines.map(({ message }) => message)).toContain('nothing to say');
    expect(readdirSync(cwd)).toEqual([]);
    rmSync(cwd, { recursive: true });
  });

  it('makes the message that a worker would produce', async () => {
    const kafka = await TestKafka.start();
    const worker = await runReproducerInTest(LineCounter, { kafka });
    await uploadFiles(kafka, 'texts', [text], { layout: 0 });
    await worker.untilFile(text.path);
    const [produced] = await readResults(kafka, 'counts');
    await kafka.stop();
    expect((await processFile(LineCounter, text)).messages).toEqual([produced]);
  });

  it('tells why a file was skipped', async () => {
    const processed = await processFile(LineCounter, { path: 'a', bytes: Buffer.from('skip') });
    expect(processed).toMatchObject({ outcome: 'skipped', skipped: 'nothing to count', messages: [] });
  });

  it('tells what the method threw, after one call or as many as are asked for', async () => {
    const processed = await processFile(LineCounter, { path: 'a', bytes: 'fail' });
    expect(processed).toMatchObject({
      outcome: 'failed',
      attempts: 1,
      messages: [],
      failure: { reason: 'threw', error: { name: 'RangeError', message: 'not a text' } },
    });
    const repeated = await processFile(
      LineCounter,
      { path: 'a', bytes: 'fail' },
      { attempts: 3, backoff: 1 },
    );
    expect(repeated).toMatchObject({ outcome: 'failed', attempts: 3 });
  });

  it('calls the hooks around the method', async () => {
    const counter = new LineCounter();
    await processFile(LineCounter, text, { create: () => counter });
    expect(counter.hooks).toEqual(['start', 'stop']);
  });

  it('gives the whole file and context to a class without topics and results', async () => {
    const seen: unknown[] = [];
    @FileProcessor()
    class Archive {
      @Processor()
      async store(file: DataFile, { attempt, lock }: ProcessorContext) {
        await lock.runExclusive(() => seen.push([file.path, file.size, file.modifiedAt?.getTime(), attempt]));
      }
    }
    const file = { path: 'a/b.bin', bytes: Uint8Array.of(1, 2, 3), modifiedAt: new Date(5_000) };
    expect(await processFile(Archive, file)).toMatchObject({ outcome: 'done', messages: [] });
    expect(seen).toEqual([['a/b.bin', 3, 5_000, 1]]);
  });

  it('decodes keys, headers, bytes and tombstones', async () => {
    @Reproducer()
    class Split {
      @Processor()
      *split() {
        yield new ResultMessage({
          value: Buffer.from([0xff]),
          key: 'k',
          headers: { unit: 'mm' },
          topic: 'other',
        });
        yield new ResultMessage({ value: null, key: null });
      }
    }
    const { messages } = await processFile(Split, text);
    expect(messages[0]).toMatchObject({
      topic: 'other',
      key: 'k',
      json: undefined,
      value: Buffer.from([0xff]),
    });
    expect(messages[0]!.headers['unit']).toBe('mm');
    expect(messages[1]).toMatchObject({ topic: 'results', key: null, text: null, value: null });
  });

  it('is refused with all mistakes of the options, a path that no worker takes, and an empty file', async () => {
    await expect(processFile(LineCounter, text, { argv: ['--shortest', '-1'] })).rejects.toThrow(ConfigError);
    await expect(processFile(LineCounter, { ...text, path: '../a' })).rejects.toThrow(UnsafePathError);
    await expect(processFile(LineCounter, { path: 'a', bytes: '' })).rejects.toThrow(
      new TypeError('a is empty: such a file has no chunk and never reaches a method'),
    );
  });
});
