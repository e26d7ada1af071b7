import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { TestKafka, uploadFiles, type UploadFilesOptions } from '../../src/testing/index.js';
import { decodeChunk } from '../../src/wire/decode-chunk.js';

const files = { 'a.txt': 'abcdef', 'b.txt': 'uvwxyz' };
let kafka: TestKafka;
let topic: string;
let topicCount = 0;
beforeAll(async () => {
  kafka = await TestKafka.start();
});
afterAll(() => kafka.stop());
beforeEach(() => {
  topicCount += 1;
  topic = `topic-${topicCount}`;
});

/** Name and number of each chunk on partition 0, `?` for what is none. */
async function uploaded(options: UploadFilesOptions): Promise<string[]> {
  await uploadFiles(kafka, topic, files, { chunkBytes: 2, layout: 0, ...options });
  return kafka.records(topic, 0).map(({ value }) => nameOf(value));
}

function nameOf(value: Buffer | null): string {
  try {
    const { filename, index } = decodeChunk(value);
    return `${filename.slice(0, 1)}${index}`;
  } catch {
    return '?';
  }
}

describe('uploadFiles', () => {
  it.each([
    ['file-by-file', ['a1', 'a2', 'a3', 'b1', 'b2', 'b3']],
    ['interleaved', ['a1', 'b1', 'a2', 'b2', 'a3', 'b3']],
    ['reversed', ['b3', 'b2', 'b1', 'a3', 'a2', 'a1']],
  ] as const)('sends chunks %s', async (order, expected) => {
    expect(await uploaded({ order })).toEqual(expected);
  });

  it('shuffles chunks the same way for the same seed', async () => {
    const first = await uploaded({ order: { seed: 7 } });
    topic = `${topic}-again`;
    expect(await uploaded({ order: { seed: 7 } })).toEqual(first);
    topic = `${topic}-other`;
    expect(await uploaded({ order: { seed: 8 } })).not.toEqual(first);
    expect([...first].sort()).toEqual(['a1', 'a2', 'a3', 'b1', 'b2', 'b3']);
  });

  it('scatters a file over the partitions, or keeps it on one, and tells where each chunk lies', async () => {
    const scattered = await uploadFiles(kafka, topic, files, { chunkBytes: 1 });
    expect(new Set(scattered.map(({ partition }) => partition)).size).toBe(3);
    for (const { path, chunk, partition, offset } of scattered) {
      const record = kafka.records(topic, partition).find(each => each.offset === offset);
      expect(nameOf(record!.value)).toBe(`${path!.slice(0, 1)}${chunk!}`);
    }
    const byFile = await uploadFiles(kafka, topic, files, { chunkBytes: 1, layout: 'by-file' });
    for (const name of Object.keys(files)) {
      const partitions = byFile.filter(({ path }) => path === name).map(({ partition }) => partition);
      expect(new Set(partitions).size).toBe(1);
    }
  });

  it.each([
    [{ kind: 'duplicate', path: 'a.txt', chunk: 2 }, ['a1', 'a2', 'a2', 'a3', 'b1', 'b2', 'b3']],
    [{ kind: 'missing', path: 'b.txt', chunk: 3 }, ['a1', 'a2', 'a3', 'b1', 'b2']],
    [{ kind: 'missing', chunk: 1 }, ['a2', 'a3', 'b2', 'b3']],
    [{ kind: 'garbage', path: 'b.txt', chunk: 1 }, ['a1', 'a2', 'a3', '?', 'b1', 'b2', 'b3']],
    [{ kind: 'garbage', path: 'b.txt', chunk: 3, value: null }, ['a1', 'a2', 'a3', 'b1', 'b2', '?', 'b3']],
  ] as const)('with %o', async (fault, expected) => {
    expect(await uploaded({ faults: [fault] })).toEqual(expected);
  });

  it('refuses a fault that would change nothing', async () => {
    const upload = (faults: UploadFilesOptions['faults']) =>
      uploadFiles(kafka, topic, files, { chunkBytes: 2, faults: faults! });
    await expect(upload([{ kind: 'missing', path: 'c.txt' }])).rejects.toThrow(
      new TypeError('the fault missing names c.txt, which is not among the files to upload'),
    );
    await expect(upload([{ kind: 'duplicate', path: 'a.txt', chunk: 4 }])).rejects.toThrow(
      new TypeError('the fault duplicate names chunk 4, and a.txt has 3 chunks'),
    );
    await expect(upload([{ kind: 'duplicate', chunk: 0 }])).rejects.toThrow(
      new TypeError('the fault duplicate names chunk 0, and no file has it'),
    );
    expect(kafka.topics()).not.toContain(topic);
  });
});
