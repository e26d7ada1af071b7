import { describe, expect, it } from 'vitest';
import { FileProcessor, Reproducer } from '../../decorators/index.js';
import { MetadataReproducer } from '../../src/processing/metadata-reproducer.js';
import type { ProcessorContext } from '../../src/processing/processor-context.js';
import type { DataFile } from '../../src/processing/data-file.js';
import { processFile, type ProcessedFile } from '../../src/testing/index.js';
import { pythonFloat } from '../../src/wire/python-float.js';

type Extract = (file: DataFile, context: ProcessorContext) => unknown;

/** What a worker makes of a file when `extractMetadata` does this. */
function extract(extractMetadata: Extract): Promise<ProcessedFile> {
  @Reproducer()
  class ScanMetadata extends MetadataReproducer {
    override extractMetadata(file: DataFile, context: ProcessorContext): object {
      return extractMetadata(file, context) as object;
    }
  }
  return processFile(ScanMetadata, { path: 'scans/a.xy', bytes: '20.0 17\n' }, { attempts: 3, backoff: 1 });
}

describe('a metadata reproducer', () => {
  it("produces the JSON text that Python writes, under Python's key", async () => {
    const { messages } = await extract(file => ({
      name: file.filename,
      size: file.size,
      step: pythonFloat(1),
      µ: 1e-7,
    }));
    expect(messages).toMatchObject([
      {
        key: 'scans_a.xy_chunk_processing_result',
        text: '{"name": "a.xy", "size": 8, "step": 1.0, "\\u00b5": 1e-07}',
        headers: { 'file-path': 'scans/a.xy' },
      },
    ]);
  });

  it('may be asynchronous, and takes a Map with keys that are no texts', async () => {
    const { messages } = await extract(() =>
      Promise.resolve(
        new Map<unknown, unknown>([
          ['b', 1],
          [2, null],
        ]),
      ),
    );
    expect(messages.map(({ text }) => text)).toEqual(['{"b": 1, "2": null}']);
  });

  it('takes no metadata for metadata', async () => {
    expect((await extract(() => ({}))).messages.map(({ text }) => text)).toEqual(['{}']);
  });

  it('skips a file', async () => {
    const processed = await extract((_file, { skip }) => skip('no scan'));
    expect(processed).toMatchObject({ outcome: 'skipped', skipped: 'no scan', messages: [] });
  });

  it.each([
    [undefined, 'undefined'],
    [null, 'null'],
    ['{}', 'a string'],
    [[1], 'an array'],
    [Buffer.from('{}'), 'a Uint8Array'],
    [new Date(0), 'a Date'],
  ])('fails the file at once for %o', async (returned, found) => {
    const { outcome, attempts, failure } = await extract(() => returned);
    expect({ outcome, attempts, reason: failure?.reason, message: failure?.error.message }).toEqual({
      outcome: 'failed',
      attempts: 1,
      reason: 'bad-result',
      message:
        `ScanMetadata.extractMetadata returned ${found} for scans/a.xy: expected an object with the metadata, or ` +
        'context.skip(reason) when there is none',
    });
  });

  it('fails the file at once for what JSON cannot express, and says where it is', async () => {
    const { attempts, failure } = await extract(() => ({ peaks: [{ area: undefined }] }));
    expect({ attempts, failure }).toMatchObject({
      attempts: 1,
      failure: {
        reason: 'bad-result',
        error: { message: 'cannot write the result as JSON: value.peaks[0].area is undefined' },
      },
    });
  });

  it('is tried again when it throws', async () => {
    const { attempts, failure } = await extract(() => {
      throw new RangeError('no header');
    });
    expect({ attempts, failure }).toMatchObject({ attempts: 3, failure: { reason: 'threw' } });
  });

  it('is no file processor: its metadata would go nowhere', async () => {
    @FileProcessor('scans')
    class ScanMetadata extends MetadataReproducer {
      override extractMetadata(): object {
        return {};
      }
    }
    await expect(processFile(ScanMetadata, { path: 'a.xy', bytes: '' })).rejects.toThrow(
      "ScanMetadata: expected @Reproducer, as extractMetadata is there for its results, found @FileProcessor, which sends none; write @Reproducer('files', 'results') before the class",
    );
  });
});
