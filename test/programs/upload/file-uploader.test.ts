import { createHash } from 'node:crypto';
import {
  appendFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BrokerError } from '../../../src/errors.js';
import type { OutgoingRecord } from '../../../src/kafka/driver.js';
import { FileUploader, type FileUploaderOptions } from '../../../src/programs/upload/file-uploader.js';
import { targetOf } from '../../../src/programs/upload/find-files.js';
import type { SourceFile, UploadRequest } from '../../../src/programs/upload/upload-outcome.js';
import { decodeChunk } from '../../../src/wire/decode-chunk.js';
import { filePartition } from '../../../src/wire/file-partition.js';
import type { FileChunk } from '../../../src/wire/file-chunk.js';
import { librdkafkaPartition } from '../../../src/wire/librdkafka-partition.js';
import type { SafeFilePath } from '../../../src/wire/safe-file-path.js';
import { fixtureFiles, fixtureMessages } from '../../wire/openmsistream-fixtures.js';
import { seededBytes } from '../../invariants/harness/seeded-random.js';
import { FileFolder } from './file-folder.js';

interface Sent {
  readonly partition: number;
  readonly record: OutgoingRecord;
  readonly chunk: FileChunk;
}

const never = new AbortController().signal;
/** Below, files of more than 256 bytes are read twice. */
const littleMemory = 1_024;
let folder: FileFolder;
let sent: Sent[];

beforeEach(() => {
  folder = new FileFolder();
  sent = [];
});
afterEach(() => folder.remove());

function uploaderWith(options: Partial<FileUploaderOptions> = {}): FileUploader {
  return new FileUploader({
    layout: 'by-file',
    chunkBytes: 100,
    memoryBytes: 64 * 1024 * 1024,
    partitionCount: () => Promise.resolve(4),
    send: (partition, records) => {
      for (const record of records)
        sent.push({ partition, record, chunk: decodeChunk(Buffer.from(record.value!)) });
      return Promise.resolve();
    },
    ...options,
  });
}

function sourceFile(path: string): SourceFile {
  return { target: targetOf(path) as SafeFilePath, localPath: folder.local(path) };
}

function request(more: Partial<UploadRequest> = {}): UploadRequest {
  return { signal: never, ...more };
}

/** Does something once, when the first chunk is sent. */
function onceSent(act: () => void, options: Partial<FileUploaderOptions> = {}): FileUploader {
  let isDone = false;
  return uploaderWith({
    ...options,
    send: (partition, records) => {
      for (const record of records)
        sent.push({ partition, record, chunk: decodeChunk(Buffer.from(record.value!)) });
      if (!isDone) act();
      isDone = true;
      return Promise.resolve();
    },
  });
}

const sha512 = (bytes: Uint8Array): string => createHash('sha512').update(bytes).digest('hex');

describe.each([
  { way: 'kept in memory', memoryBytes: 64 * 1024 * 1024 },
  { way: 'read twice', memoryBytes: littleMemory },
])('a file that is $way', ({ memoryBytes }) => {
  const bytes = seededBytes('content', 1_234);

  it('arrives in chunks that name its hash, on the partition of its path', async () => {
    folder.write('xrd/a.xy', bytes);
    const outcome = await uploaderWith({ memoryBytes }).upload(sourceFile('xrd/a.xy'), request());
    expect(outcome).toMatchObject({ kind: 'sent', chunkCount: 13, sentCount: 13, fileHash: sha512(bytes) });
    const chunks = sent.map(({ chunk }) => chunk).sort((one, other) => one.index - other.index);
    expect(Buffer.concat(chunks.map(({ data }) => data)).equals(bytes)).toBe(true);
    expect(chunks.map(({ index, count, startByte }) => [index, count, startByte])).toEqual(
      Array.from({ length: 13 }, (_, at) => [at + 1, 13, at * 100]),
    );
    for (const { chunk, partition } of sent) {
      expect(Buffer.from(chunk.fileHash).toString('hex')).toBe(sha512(bytes));
      expect(Buffer.from(chunk.chunkHash).toString('hex')).toBe(sha512(chunk.data));
      expect(partition).toBe(filePartition('xrd/a.xy', 4));
    }
  });

  it('scattered: each chunk lies where librdkafka puts its key', async () => {
    folder.write('a.bin', bytes);
    await uploaderWith({ memoryBytes, layout: 'scattered' }).upload(sourceFile('a.bin'), request());
    expect(new Set(sent.map(({ partition }) => partition)).size).toBeGreaterThan(1);
    for (const { record, partition } of sent) expect(partition).toBe(librdkafkaPartition(record.key!, 4));
  });

  it.each([
    { change: 'grows', act: (local: string) => appendFileSync(local, 'more') },
    { change: 'is cut', act: (local: string) => truncateSync(local, 1_000) },
    { change: 'is written anew', act: (local: string) => writeFileSync(local, seededBytes('other', 1_234)) },
    {
      change: 'is replaced by another one',
      act: (local: string) => {
        writeFileSync(`${local}.new`, seededBytes('other', 1_234));
        renameSync(`${local}.new`, local);
      },
    },
  ])(
    'is told to have changed when it $change, and no chunk has other bytes than those of its hash',
    async ({ act }) => {
      const local = folder.write('a.bin', bytes);
      utimesSync(local, 1_600_000_000, 1_600_000_000);
      const uploader = onceSent(() => act(local), { memoryBytes });
      expect(await uploader.upload(sourceFile('a.bin'), request())).toEqual({ kind: 'changed' });
      for (const { chunk } of sent) {
        expect(bytes.subarray(chunk.startByte, chunk.startByte + chunk.data.length).equals(chunk.data)).toBe(
          true,
        );
      }
    },
  );

  it('that is removed meanwhile arrives wholly', async () => {
    const local = folder.write('a.bin', bytes);
    const uploader = onceSent(() => rmSync(local), { memoryBytes });
    expect(await uploader.upload(sourceFile('a.bin'), request())).toMatchObject({
      kind: 'sent',
      sentCount: 13,
    });
  });

  it('sends only what is missing, and tells how many are acknowledged without a gap', async () => {
    folder.write('a.bin', bytes);
    const acked: number[] = [];
    const outcome = await uploaderWith({ memoryBytes }).upload(
      sourceFile('a.bin'),
      request({ onHashed: ({ chunkCount }) => chunkCount - 3, onAcked: count => acked.push(count) }),
    );
    expect(outcome).toMatchObject({ kind: 'sent', chunkCount: 13, sentCount: 3 });
    expect(sent.map(({ chunk }) => chunk.index)).toEqual([11, 12, 13]);
    expect(acked.at(-1)).toBe(13);
  });

  it('ends between two chunks when it is stopped', async () => {
    folder.write('a.bin', bytes);
    const stopping = new AbortController();
    const uploader = onceSent(() => stopping.abort(), { memoryBytes });
    const outcome = await uploader.upload(sourceFile('a.bin'), request({ signal: stopping.signal }));
    expect(outcome).toEqual({ kind: 'stopped' });
    expect(sent.length).toBe(1);
  });
});

describe('FileUploader', () => {
  it('counts an acknowledgement that overtook others only when those are there', async () => {
    folder.write('a.bin', seededBytes('content', 300));
    const acks: (() => void)[] = [];
    const counts: number[] = [];
    const uploader = uploaderWith({ send: () => new Promise<void>(resolve => acks.push(resolve)) });
    const ended = uploader.upload(sourceFile('a.bin'), request({ onAcked: count => counts.push(count) }));
    await expect.poll(() => acks.length).toBe(3);
    acks[2]!();
    acks[0]!();
    await expect.poll(() => counts).toEqual([0, 1]);
    acks[1]!();
    expect(await ended).toMatchObject({ kind: 'sent' });
    expect(counts).toEqual([0, 1, 3]);
  });

  it('holds no more bytes than it is told, whatever is uploaded at once', async () => {
    let [held, most] = [0, 0];
    const paths = Array.from({ length: 40 }, (_, number) => `file-${number}`);
    for (const path of paths) folder.write(path, seededBytes(path, 900));
    const uploader = uploaderWith({
      memoryBytes: 2_000,
      send: async (_partition, records) => {
        held += records[0]!.value!.length;
        most = Math.max(most, held);
        await new Promise(resolve => setImmediate(resolve));
        held -= records[0]!.value!.length;
      },
    });
    await Promise.all(paths.map(path => uploader.upload(sourceFile(path), request())));
    // A message of 100 bytes of data has about 260.
    expect(most / 260).toBeGreaterThan(1);
    expect(most / 260).toBeLessThanOrEqual(2_000 / 200);
  });

  it('sends byte for byte what OpenMSIStream sends for the same file', async () => {
    const file = fixtureFiles.find(
      ({ messages, delivered, append }) => delivered && messages > 3 && append === '',
    )!;
    const expected = fixtureMessages
      .map(({ key, value }) => ({ key, value, chunk: decodeChunk(value) }))
      .filter(({ chunk }) => [chunk.subdirectory, chunk.filename].filter(Boolean).join('/') === file.path)
      .sort((one, other) => one.chunk.index - other.chunk.index);
    const local = folder.write(file.path, Buffer.concat(expected.map(({ chunk }) => chunk.data)));
    utimesSync(local, file.mtime, file.mtime);
    await uploaderWith({ chunkBytes: file.chunk_size }).upload(sourceFile(file.path), request());
    const found = sent.sort((one, other) => one.chunk.index - other.chunk.index);
    expect(found.map(({ record }) => Buffer.from(record.key!).toString())).toEqual(
      expected.map(({ key }) => key),
    );
    expect(found.map(({ record }) => Buffer.from(record.value!).toString('hex'))).toEqual(
      expected.map(({ value }) => value.toString('hex')),
    );
  });

  it('tells what cannot be uploaded, and why', async () => {
    folder.write('empty', '');
    folder.write('folder/file', 'x');
    symlinkSync(folder.local('nowhere'), folder.local('dangling'));
    symlinkSync(folder.local('loop'), folder.local('loop'));
    const upload = (path: string) => uploaderWith().upload(sourceFile(path), request());
    expect(await upload('empty')).toMatchObject({ kind: 'empty', identity: { sizeBytes: 0 } });
    expect(await upload('folder')).toEqual({ kind: 'unreadable', reason: 'it is not a file', isGone: false });
    expect(await upload('dangling')).toMatchObject({ kind: 'unreadable', isGone: true });
    expect(await upload('loop')).toMatchObject({ kind: 'unreadable', isGone: false });
    expect(await upload('absent')).toMatchObject({ kind: 'unreadable', isGone: true });
    expect(sent).toEqual([]);
  });

  it('passes on what Kafka refuses, once nothing is on its way any more, and goes on with the next file', async () => {
    folder.write('a.bin', seededBytes('content', 1_234));
    folder.write('b.bin', 'b');
    let underWay = 0;
    let isRefusing = true;
    const uploader = uploaderWith({
      memoryBytes: littleMemory,
      send: async () => {
        underWay += 1;
        await new Promise(resolve => setImmediate(resolve));
        underWay -= 1;
        if (isRefusing) throw new BrokerError('message too large', { retriable: false });
      },
    });
    await expect(uploader.upload(sourceFile('a.bin'), request())).rejects.toThrow('message too large');
    expect(underWay).toBe(0);
    isRefusing = false;
    expect(await uploader.upload(sourceFile('a.bin'), request())).toMatchObject({ kind: 'sent' });
    expect(await uploader.upload(sourceFile('b.bin'), request())).toMatchObject({ kind: 'sent' });
  });
});
