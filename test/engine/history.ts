import { hash } from 'node:crypto';
import fc from 'fast-check';
import { encodeChunk } from '../../src/wire/encode-chunk.js';
import { splitFile } from '../../src/wire/split-file.js';
import type { FileChunk } from '../../src/wire/file-chunk.js';

/** One upload of one content of a path, as the truth knows it. */
export interface UploadedVersion {
  readonly path: string;
  readonly bytes: Buffer;
  readonly sha512: string;
  readonly chunkCount: number;
  /**
   * Chunks of it come more than once. A copy that comes after a restart cannot be told from a new upload, so it opens the
   * version again; what lies before it may then be processed a second time.
   */
  readonly hasCopies: boolean;
}

/** A generated topic and what happens while it is read. */
export interface History {
  /** Values by partition, in offset order. */
  readonly partitions: readonly (readonly (Buffer | null)[])[];
  readonly versions: readonly UploadedVersion[];
  /** Drives every choice of the simulation; when it is used up, everything goes well. */
  readonly choices: readonly number[];
  readonly concurrency: number;
  /** Whether the worker has a state topic. */
  readonly keepsOutcomes: boolean;
  /** Whether files are put together on disk; else in memory, as far as they fit. */
  readonly isOnDisk: boolean;
  /** Bytes of unfinished files on disk. */
  readonly diskBudgetBytes: number;
  /** Files in memory from this size on are hashed while they come. */
  readonly leastHashedBytes: number;
}

interface VersionPlan {
  readonly pathNumber: number;
  readonly content: Uint8Array;
  readonly chunkBytes: number;
  readonly copiedChunks: readonly number[];
  readonly damagedChunks: readonly number[];
  readonly misplacedChunk: number | undefined;
  readonly lies: readonly Lie[];
}

/** A chunk that says something else than it should, with the right hash of its bytes unless that is the lie. */
interface Lie {
  readonly chunk: number;
  readonly about: 'place' | 'number' | 'count' | 'bytes' | 'bytes of the same length' | 'hash';
  readonly to: number;
}

const lie = fc.record<Lie>({
  chunk: fc.nat(20),
  about: fc.constantFrom('place', 'number', 'count', 'bytes', 'bytes of the same length', 'hash'),
  // Also more than any file may have.
  to: fc.oneof(fc.nat(70), fc.nat(70), fc.constantFrom(1e6, 2e6, 2 ** 31, 2 ** 40)),
});

const versionPlan = fc.record<VersionPlan>({
  pathNumber: fc.nat(3),
  content: fc.uint8Array({ minLength: 1, maxLength: 60 }),
  chunkBytes: fc.integer({ min: 3, max: 20 }),
  copiedChunks: fc.array(fc.nat(20), { maxLength: 3 }),
  damagedChunks: fc.array(fc.nat(20), { maxLength: 2 }),
  misplacedChunk: fc.option(fc.nat(20), { nil: undefined, freq: 3 }),
  lies: fc.oneof(fc.constant([]), fc.array(lie, { maxLength: 8 })),
});

const garbage = fc.oneof(
  fc.constant(null),
  fc.constant(Buffer.alloc(0)),
  fc.uint8Array({ minLength: 1, maxLength: 30 }).map(bytes => Buffer.from(bytes)),
);

/**
 * Topics of few small files in few partitions, in any order, with copies, damaged copies, chunks that lie about their place
 * or anything else, and garbage. Copies are made of all chunks but the first, so that no copy is a whole upload of its own.
 */
export const historyArbitrary: fc.Arbitrary<History> = fc
  .record({
    plans: fc.array(versionPlan, { minLength: 1, maxLength: 8 }),
    garbage: fc.array(garbage, { maxLength: 3 }),
    partitionCount: fc.integer({ min: 1, max: 3 }),
    places: fc.infiniteStream(fc.nat(1_000_000)),
    choices: fc.array(fc.nat(1000), { maxLength: 250, size: 'max' }),
    concurrency: fc.integer({ min: 1, max: 3 }),
    keepsOutcomes: fc.boolean(),
    isOnDisk: fc.boolean(),
    diskBudgetBytes: fc.oneof(fc.constant(Infinity), fc.integer({ min: 1, max: 60 })),
    leastHashedBytes: fc.integer({ min: 0, max: 60 }),
  })
  .map(({ plans, garbage: bad, partitionCount, places, ...rest }) => {
    const distinct = new Map(
      plans.map(plan => [`${plan.pathNumber}:${Buffer.from(plan.content).toString('hex')}`, plan]),
    );
    const uploads = [...distinct.values()].map(toUpload);
    const values = [...uploads.flatMap(upload => upload.values), ...bad];
    const placed = values.map(value => ({
      value,
      order: next(places),
      partition: next(places) % partitionCount,
    }));
    placed.sort((a, b) => a.order - b.order);
    const partitions = Array.from({ length: partitionCount }, (_, number) =>
      placed.filter(({ partition }) => partition === number).map(({ value }) => value),
    );
    return {
      partitions,
      versions: uploads.map(({ version }) => version),
      ...rest,
    };
  });

function next(stream: Iterator<number>): number {
  return stream.next().value as number;
}

function toUpload(plan: VersionPlan): { version: UploadedVersion; values: Buffer[] } {
  const bytes = Buffer.from(plan.content);
  const filename = `f${plan.pathNumber}.dat`;
  const chunks = [...splitFile({ filename, subdirectory: 'run', bytes }, plan.chunkBytes)];
  const choose = (number: number): FileChunk => chunks[number % chunks.length]!;
  const copies = plan.copiedChunks.map(choose).filter(({ index }) => index !== 1);
  const damaged = plan.damagedChunks.map(choose).map(damage);
  const misplaced = plan.misplacedChunk === undefined ? [] : [misplace(choose(plan.misplacedChunk))];
  const lies = plan.lies.map(each => tell(each, choose(each.chunk)));
  const version = {
    path: `run/${filename}`,
    bytes,
    sha512: hash('sha512', bytes, 'hex'),
    chunkCount: chunks.length,
    hasCopies: copies.length + damaged.length + misplaced.length + lies.length > 0,
  };
  return {
    version,
    values: [...chunks, ...copies, ...damaged, ...misplaced, ...lies].map(chunk => encodeChunk(chunk)),
  };
}

/** As a faulty disk or network would: the bytes no longer have the hash. */
function damage(chunk: FileChunk): FileChunk {
  const data = Buffer.from(chunk.data);
  data[0]! ^= 0xff;
  return { ...chunk, data };
}

function misplace(chunk: FileChunk): FileChunk {
  return { ...chunk, startByte: chunk.startByte + 2 };
}

function tell({ about, to }: Lie, chunk: FileChunk): FileChunk {
  const { count, data } = chunk;
  const ofBytes = (bytes: Buffer): FileChunk => ({
    ...chunk,
    data: bytes,
    chunkHash: hash('sha512', bytes, 'buffer'),
  });
  switch (about) {
    case 'place':
      return { ...chunk, startByte: to };
    case 'number':
      return { ...chunk, index: 1 + (to % count) };
    case 'count':
      return { ...chunk, count: Math.max(chunk.index, to) };
    case 'bytes':
      return ofBytes(Buffer.alloc(1 + (to % 70), `${to}`));
    case 'bytes of the same length':
      return ofBytes(Buffer.alloc(data.length, `${to}`));
    case 'hash':
      return { ...chunk, chunkHash: hash('sha512', `${to}`, 'buffer') };
  }
}
