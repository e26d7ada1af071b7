import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { heldChunk, type HeldChunk } from '../../src/assembly/held-chunk.js';
import type { TopicContent } from '../../src/assembly/topic-content.js';
import { ContentAgain } from '../../src/engine/topic-content/content-again.js';
import { InlineContentHash, type ContentHash } from '../../src/engine/topic-content/content-hash.js';
import { ContentReader } from '../../src/engine/topic-content/content-reader.js';
import { TopicContents } from '../../src/engine/topic-content/topic-contents.js';
import { verifyContent } from '../../src/engine/topic-content/verify-content.js';
import type { EngineEvent } from '../../src/engine/messages.js';
import { BrokerError } from '../../src/errors.js';
import type { KafkaDriver } from '../../src/kafka/driver.js';
import type { ContentReading } from '../../src/processing/content/content-source.js';
import { encodeChunk } from '../../src/wire/encode-chunk.js';
import { splitFile } from '../../src/wire/split-file.js';
import { versionId } from '../../src/wire/version-id.js';
import { seededBytes } from '../invariants/harness/seeded-random.js';

/** A topic with one file, whose records can be changed and taken away, and what reads it. */
class Topic {
  readonly values: (Buffer | undefined)[][];
  readonly content: TopicContent;
  readonly asked: { recordCount: number; byteLength: number }[] = [];
  failureCount = 0;
  /** Records of one batch: whoever asks for one gets it and those behind it. */
  recordsPerBatch = 1;
  /** Records that were given out. */
  givenCount = 0;

  /** @param places partition and order of each chunk; chunks of one partition lie in that order, with other records between */
  constructor(bytes: Buffer, chunkBytes: number, places: readonly { partition: number; order: number }[]) {
    const chunks = [...splitFile({ filename: 'f.dat', subdirectory: 'run', bytes }, chunkBytes)];
    const placed = chunks.map((chunk, at) => ({ chunk, ...places[at % places.length]! }));
    this.values = Array.from({ length: 3 }, () => []);
    const held: HeldChunk[] = [];
    for (const { chunk, partition, order } of placed.toSorted((a, b) => a.order - b.order)) {
      const log = this.values[partition]!;
      if (order % 3 === 0) log.push(Buffer.from('a record of somebody else'));
      held.push(heldChunk(chunk, { partition, offset: BigInt(log.length) }));
      log.push(encodeChunk(chunk));
    }
    held.sort((a, b) => a.index - b.index);
    const fileHash = createHash('sha512').update(bytes).digest();
    const path = 'run/f.dat';
    const version = versionId(path, fileHash, chunks.length);
    this.content = { versionId: version, path, fileHash, size: bytes.length, chunks: held };
  }

  get driver(): Pick<KafkaDriver, 'recordReader'> {
    return {
      recordReader: () => ({
        read: async ({ records, onRecords }) => {
          await Promise.resolve();
          if (this.failureCount-- > 0) throw new BrokerError('no broker', { retriable: true });
          const missing = new Map<number, bigint[]>();
          for (const [partition, wanted] of records) {
            const byteLength = wanted.reduce((sum, each) => sum + each.byteLength, 0);
            this.asked.push({ recordCount: wanted.length, byteLength });
            for (const offset of this.#inBatchesOf(wanted.map(each => each.offset))) {
              const value = this.values[partition]![Number(offset)];
              if (value === undefined) missing.set(partition, [...(missing.get(partition) ?? []), offset]);
              else onRecords(partition, [{ offset, timestampMs: 0, key: null, value: Buffer.from(value) }]);
              this.givenCount += 1;
            }
          }
          return missing;
        },
        close: () => Promise.resolve(),
      }),
    };
  }

  #inBatchesOf(offsets: readonly bigint[]): Set<bigint> {
    const size = BigInt(this.recordsPerBatch);
    const given = new Set<bigint>();
    for (const first of offsets)
      for (let offset = first; offset === first || offset % size !== 0n; offset += 1n) given.add(offset);
    return given;
  }

  /** Another byte in the content of a chunk. */
  damage(index: number): void {
    const value = this.#valueOf(index);
    value[value.length - 12]! ^= 1;
  }

  remove(index: number): void {
    const { partition, offset } = this.content.chunks[index - 1]!;
    this.values[partition]![Number(offset)] = undefined;
  }

  replace(index: number, value: Buffer): void {
    const { partition, offset } = this.content.chunks[index - 1]!;
    this.values[partition]![Number(offset)] = value;
  }

  parts(windowBytes: number, newHash: (isSure: boolean) => ContentHash = () => new InlineContentHash()) {
    return { reader: new ContentReader(this.driver, 'raw', () => undefined), windowBytes, newHash };
  }

  /** Verifies the content. @returns how to read it, and what came of the verification */
  async open(windowBytes: number): Promise<{ contents: TopicContents; events: EngineEvent[] }> {
    const events: EngineEvent[] = [];
    const contents = new TopicContents('raw', this.parts(windowBytes), event => events.push(event));
    await contents.verify(1, this.content);
    return { contents, events };
  }

  #valueOf(index: number): Buffer {
    const { partition, offset } = this.content.chunks[index - 1]!;
    return this.values[partition]![Number(offset)]!;
  }
}

const inOrder = [0, 1, 2, 3, 4, 5, 6, 7].map(order => ({ partition: 0, order: order * 2 + 1 }));
const unaborted = new AbortController().signal;

/** @returns what was given out before the end or the error */
async function readAll(reading: ContentReading): Promise<{ bytes: Buffer; error: unknown }> {
  const pieces: Uint8Array[] = [];
  try {
    for (let piece = await reading.next(); piece !== undefined; piece = await reading.next())
      pieces.push(piece);
    return { bytes: Buffer.concat(pieces), error: undefined };
  } catch (error) {
    return { bytes: Buffer.concat(pieces), error };
  }
}

describe('a content that lies on the topic', () => {
  it('is verified and read as it was uploaded, however its chunks lie, and never more than a window at a time', async () => {
    const place = fc.record({ partition: fc.nat(2), order: fc.nat(1_000) });
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ minLength: 1, maxLength: 200 }),
        fc.integer({ min: 1, max: 50 }),
        fc.array(place, { minLength: 1, maxLength: 200, size: 'max' }),
        fc.integer({ min: 1, max: 120 }),
        async (content, chunkBytes, places, windowBytes) => {
          const topic = new Topic(Buffer.from(content), chunkBytes, places);
          const { contents, events } = await topic.open(windowBytes);
          expect(events).toEqual([{ kind: 'verified', workId: 1, matches: true }]);
          // Two streams of it at the same time.
          const both = await Promise.all([1, 2].map(() => readAll(contents.open(1))));
          for (const { bytes, error } of both) {
            expect(error).toBeUndefined();
            expect(bytes.equals(content)).toBe(true);
          }
          for (const { byteLength } of topic.asked)
            expect(byteLength).toBeLessThanOrEqual(Math.max(windowBytes, chunkBytes));
        },
      ),
      { numRuns: 100 },
    );
  });

  it('is fetched once for each reading, although its windows end within batches', async () => {
    const bytes = seededBytes('batches', 960);
    // Over two partitions in turns; two windows are 16 chunks, as many as there are in two batches.
    const places = [0, 1].map(partition => ({ partition, order: 1 }));
    const topic = new Topic(bytes, 10, places);
    topic.recordsPerBatch = 8;
    const { contents } = await topic.open(80);
    expect(topic.givenCount).toBe(96);
    const { bytes: read } = await readAll(contents.open(1));
    expect(read.equals(bytes)).toBe(true);
    expect(topic.givenCount).toBe(192);
  });

  it('keeps no more than two windows of what comes before its turn', async () => {
    const topic = new Topic(seededBytes('one batch', 1_000), 10, [{ partition: 0, order: 1 }]);
    topic.recordsPerBatch = 100;
    await topic.open(100);
    // Ten windows, of which one is fetched in three.
    expect(topic.asked.map(({ recordCount }) => recordCount)).toEqual([10, 10, 10, 10]);
  });

  it('is read with one request for all neighbours of a window', async () => {
    const topic = new Topic(seededBytes('neighbours', 800), 10, [{ partition: 0, order: 1 }]);
    const { contents } = await topic.open(200);
    await readAll(contents.open(1));
    // 80 chunks, 20 in a window, read twice.
    expect(topic.asked.map(({ recordCount }) => recordCount)).toEqual(Array(8).fill(20));
  });

  it('names the chunks that are damaged when its hash is another one', async () => {
    const topic = new Topic(seededBytes('damaged', 80), 10, inOrder);
    topic.damage(3);
    topic.damage(8);
    const { events } = await topic.open(25);
    expect(events).toEqual([{ kind: 'verified', workId: 1, matches: false, damagedIndexes: [3, 8] }]);
  });

  it('names the chunks that are gone, also where another record has their place', async () => {
    const topic = new Topic(seededBytes('gone', 80), 10, inOrder);
    const [fourth, fifth] = [topic.content.chunks[3]!, topic.content.chunks[4]!];
    topic.remove(4);
    topic.replace(5, Buffer.from('a topic that was made anew'));
    const { events } = await topic.open(25);
    // Both are in one window.
    const missing = [fourth, fifth].filter(({ index }) => index === 4);
    expect(events).toMatchObject([{ kind: 'content-gone', workId: 1, missing }]);
    topic.replace(4, topic.values[0]![0]!);
    const again = await topic.open(25);
    expect(again.events).toMatchObject([{ kind: 'content-gone', workId: 1, missing: [{ index: 4 }] }]);
  });

  it('is verified in this thread when the one that hashes is gone', async () => {
    const topic = new Topic(seededBytes('thread', 80), 10, inOrder);
    const asked: boolean[] = [];
    const newHash = (isSure: boolean): ContentHash => {
      asked.push(isSure);
      const hash = new InlineContentHash();
      return isSure ? hash : Object.assign(hash, { digest: () => Promise.resolve(undefined) });
    };
    expect(await verifyContent(topic.content, topic.parts(30, newHash), unaborted)).toMatchObject({
      kind: 'matches',
    });
    expect(asked).toEqual([false, true]);
  });

  it('is read on once the broker answers again', async () => {
    const topic = new Topic(seededBytes('away', 80), 10, inOrder);
    topic.failureCount = 1;
    const { events } = await topic.open(100);
    expect(events).toEqual([{ kind: 'verified', workId: 1, matches: true }]);
  });
});

describe('its second reading', () => {
  const bytes = seededBytes('second', 80);

  it('gives out no byte of a chunk that is not as it was', async () => {
    const topic = new Topic(bytes, 10, inOrder);
    const { contents } = await topic.open(10);
    topic.damage(6);
    const read = await readAll(contents.open(1));
    expect(read.bytes.equals(bytes.subarray(0, 50))).toBe(true);
    expect(read.error).toMatchObject({
      code: 'ERR_STORAGE',
      retriable: true,
      message:
        'run/f.dat cannot be read to its end: chunk 6, at raw[0]@7, has other bytes than when the file was verified. ' +
        'Check the disks and the network of the brokers',
    });
  });

  it('fails where a chunk is gone, and is not worth another attempt', async () => {
    const topic = new Topic(bytes, 10, inOrder);
    const { contents } = await topic.open(10);
    topic.remove(6);
    const read = await readAll(contents.open(1));
    expect(read.bytes.equals(bytes.subarray(0, 50))).toBe(true);
    expect(read.error).toMatchObject({
      retriable: false,
      message:
        'run/f.dat cannot be read to its end: DATA LOSS: 1 of its chunks, at raw[0]@7, had to be read again, and are no longer on the ' +
        'topic; retention removed them',
    });
  });

  it('does not end where all sums are right and the hash of the whole is not', async () => {
    const topic = new Topic(bytes, 10, inOrder);
    topic.damage(6);
    const { sums } = (await verifyContent(
      { ...topic.content, fileHash: hashOfDamaged(bytes) },
      topic.parts(10),
      unaborted,
    )) as { sums: Uint32Array };

    const reading = new ContentAgain(
      { topic: 'raw', content: topic.content, sums },
      topic.parts(10),
      unaborted,
    );
    const { error } = await readAll(reading);
    expect(String(error)).toContain('run/f.dat: the SHA-512 of what was read is ');
    expect(String(error)).toContain('Do not use what was read');
  });

  it('ends with an error once the file is forgotten', async () => {
    const topic = new Topic(bytes, 10, inOrder);
    const { contents } = await topic.open(10);
    const reading = contents.open(1);
    await reading.next();
    contents.forget(1);
    const { error } = await readAll(reading);
    expect(String(error)).toContain('the file is no longer wanted from this worker');
    expect(String((await readAll(contents.open(1))).error)).toContain('the file is no longer wanted');
  });
});

function hashOfDamaged(bytes: Buffer): Buffer {
  const damaged = Buffer.from(bytes);
  damaged[57]! ^= 1;
  return createHash('sha512').update(damaged).digest();
}
