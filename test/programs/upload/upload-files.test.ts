import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UnsafePathError } from '../../../src/errors.js';
import type { OutgoingRecord, ProducerPort } from '../../../src/kafka/driver.js';
import { keyPartition } from '../../../src/wire/file-partition.js';
import { librdkafkaPartition } from '../../../src/wire/librdkafka-partition.js';
import { uploadFiles } from '../../../src/programs/upload/upload-files.js';
import { decodeChunk } from '../../../src/wire/decode-chunk.js';
import { fixtureFiles, fixtureMessages } from '../../wire/openmsistream-fixtures.js';

interface Sent {
  readonly topic: string;
  readonly partition: number;
  readonly records: readonly OutgoingRecord[];
}

/** A producer that keeps what it is given. */
function recordingProducer(partitionCount: number): ProducerPort & { readonly sent: Sent[] } {
  const sent: Sent[] = [];
  return {
    sent,
    send: (topic, partition, records) => {
      sent.push({ topic, partition, records });
      return Promise.resolve();
    },
    partitionCount: () => Promise.resolve(partitionCount),
    close: () => Promise.resolve(),
  };
}

function chunkNames(sent: readonly Sent[]): string[] {
  return sent.flatMap(({ records }) => records.map(({ key }) => Buffer.from(key!).toString()));
}

const letters = (count: number): Buffer => Buffer.from('abcdefghij'.slice(0, count));

describe('librdkafkaPartition', () => {
  // CRC-32 of "123456789" is the check value 0xCBF43926 of the algorithm's definition.
  it('is the unsigned CRC-32 of the key modulo the partitions', () => {
    expect(librdkafkaPartition(Buffer.from('123456789'), 1000)).toBe(0xcbf43926 % 1000);
  });

  it('is always a partition of the topic', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.integer({ min: 1, max: 500 }), (key, count) => {
        const partition = librdkafkaPartition(key, count);
        return Number.isInteger(partition) && partition >= 0 && partition < count;
      }),
    );
  });
});

describe('uploadFiles', () => {
  it('sends byte for byte what OpenMSIStream sends for the same file', async () => {
    const file = fixtureFiles.find(
      ({ messages, delivered, append }) => delivered && messages > 3 && append === '',
    )!;
    const expected = fixtureMessages
      .map(({ key, value }) => ({ key, value, chunk: decodeChunk(value) }))
      .filter(({ chunk }) => [chunk.subdirectory, chunk.filename].filter(Boolean).join('/') === file.path)
      .sort((one, other) => one.chunk.index - other.chunk.index);
    const producer = recordingProducer(1);
    await uploadFiles(
      producer,
      'files',
      [
        {
          path: file.path,
          bytes: Buffer.concat(expected.map(({ chunk }) => chunk.data)),
          modifiedAt: new Date(file.mtime * 1000),
        },
      ],
      { chunkBytes: file.chunk_size },
    );
    expect(expected.length).toBe(file.messages);
    const records = producer.sent.flatMap(sent => sent.records);
    expect(records.map(({ key }) => Buffer.from(key!).toString())).toEqual(expected.map(({ key }) => key));
    expect(records.map(({ value }) => Buffer.from(value!).toString('hex'))).toEqual(
      expected.map(({ value }) => value.toString('hex')),
    );
    expect(records.every(({ headers }) => Object.keys(headers).length === 0)).toBe(true);
  });

  it('by-file: sends all chunks of a file to the partition of its path', async () => {
    const producer = recordingProducer(8);
    const files = ['xrd/a.xy', 'xrd/b.xy', 'c.xy'].map(path => ({ path, bytes: Buffer.alloc(950, path) }));
    await uploadFiles(producer, 'files', files, { chunkBytes: 100, order: 'interleaved', layout: 'by-file' });
    const placed = producer.sent.flatMap(({ partition, records }) =>
      records.map(({ value }) => {
        const { subdirectory, filename } = decodeChunk(value);
        return { path: subdirectory === '' ? filename : `${subdirectory}/${filename}`, partition };
      }),
    );
    expect(placed).toHaveLength(30);
    for (const { path, partition } of placed)
      expect(partition, path).toBe(keyPartition(Buffer.from(path), 8));
  });

  it('sends each chunk to the partition of its own key', async () => {
    const producer = recordingProducer(4);
    const files = [{ path: 'xrd/silicon.xy', bytes: Buffer.alloc(5000, 'x') }];
    const summary = await uploadFiles(producer, 'files', files, { chunkBytes: 100 });
    for (const { partition, records } of producer.sent)
      for (const { key } of records) expect(librdkafkaPartition(key!, 4)).toBe(partition);
    expect(summary.chunksPerPartition.every(count => count > 0)).toBe(true);
    expect(summary).toMatchObject({ fileCount: 1, chunkCount: 50, byteCount: 5000, emptyPaths: [] });
  });

  it('sends one file after another by default', async () => {
    const producer = recordingProducer(1);
    const files = [
      { path: 'a', bytes: letters(4) },
      { path: 'b', bytes: letters(2) },
    ];
    await uploadFiles(producer, 'files', files, { chunkBytes: 2 });
    expect(chunkNames(producer.sent)).toEqual(['_a_chunk_1_of_2', '_a_chunk_2_of_2', '_b_chunk_1_of_1']);
  });

  it('mixes the chunks of all files when asked to', async () => {
    const producer = recordingProducer(1);
    const files = [
      { path: 'a', bytes: letters(6) },
      { path: 'b', bytes: letters(2) },
      { path: 'c/d', bytes: letters(3) },
    ];
    await uploadFiles(producer, 'files', files, { chunkBytes: 2, order: 'interleaved' });
    expect(chunkNames(producer.sent)).toEqual([
      '_a_chunk_1_of_3',
      '_b_chunk_1_of_1',
      'c_d_chunk_1_of_2',
      '_a_chunk_2_of_3',
      'c_d_chunk_2_of_2',
      '_a_chunk_3_of_3',
    ]);
  });

  it('keeps a request below one MiB and never waits for a chunk that is larger', async () => {
    const producer = recordingProducer(1);
    const files = [
      { path: 'small', bytes: Buffer.alloc(2_000_000) },
      { path: 'large', bytes: Buffer.alloc(3_000_000) },
    ];
    await uploadFiles(producer, 'files', files.slice(0, 1), { chunkBytes: 100_000 });
    const sizes = producer.sent.map(({ records }) =>
      records.reduce((sum, { value }) => sum + value!.length, 0),
    );
    expect(Math.max(...sizes)).toBeLessThan(1_000_000);
    expect(sizes.length).toBe(3);
    await uploadFiles(producer, 'files', files.slice(1), { chunkBytes: 3_000_000 });
    expect(producer.sent.at(-1)!.records.length).toBe(1);
  });

  it('tells of files without content, of which nothing can be sent', async () => {
    const producer = recordingProducer(1);
    const files = [
      { path: 'empty.txt', bytes: Buffer.alloc(0) },
      { path: 'full.txt', bytes: letters(1) },
    ];
    const summary = await uploadFiles(producer, 'files', files);
    expect(summary).toMatchObject({ fileCount: 2, chunkCount: 1, emptyPaths: ['empty.txt'] });
  });

  it('reports how many chunks are acknowledged', async () => {
    const counts: number[] = [];
    const files = [{ path: 'a', bytes: Buffer.alloc(2_000_000) }];
    await uploadFiles(recordingProducer(2), 'files', files, {
      chunkBytes: 500_000,
      onProgress: count => counts.push(count),
    });
    expect(counts).toEqual([1, 2, 3, 4]);
  });

  it.each(['../outside.txt', '/etc/passwd', 'a\\b.txt'])('refuses the path %s', async path => {
    const upload = uploadFiles(recordingProducer(1), 'files', [{ path, bytes: letters(1) }]);
    await expect(upload).rejects.toBeInstanceOf(UnsafePathError);
  });

  it('passes on what the producer throws', async () => {
    const producer: ProducerPort = {
      ...recordingProducer(1),
      send: () => Promise.reject(new Error('broker away')),
    };
    await expect(uploadFiles(producer, 'files', [{ path: 'a', bytes: letters(1) }])).rejects.toThrow(
      'broker away',
    );
  });
});
