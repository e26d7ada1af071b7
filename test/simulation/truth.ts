import { encodeFields, chunkFields, sha512, type ChunkFields } from '../invariants/harness/sent-file.js';
import type { SentChunk } from './facts.js';
import { busyMs, type Plan, type PlannedUpload } from './plan.js';
import { RandomStreams } from './random-streams.js';

/** One content of one path as the uploader knows it. */
export interface UploadedVersion {
  readonly upload: number;
  readonly path: string;
  readonly bytes: Buffer;
  readonly sha512: string;
  readonly chunkCount: number;
  /** Every chunk is sent. */
  readonly isWhole: boolean;
  /** Records besides the whole upload's say that they are chunks of it. */
  readonly hasExtras: boolean;
}

/** One record that an uploader sends. */
export interface PlannedRecord {
  readonly atMs: number;
  readonly partition: number;
  readonly value: Buffer | null;
  readonly chunk: SentChunk;
}

export interface Truth {
  readonly versions: readonly UploadedVersion[];
  readonly records: readonly PlannedRecord[];
}

/** Writes the plan's uploads out: the bytes, the messages, where and when they come. */
export function makeTruth(plan: Plan): Truth {
  const random = new RandomStreams(plan.seed);
  const made = plan.uploads.map((upload, at) => makeUpload(plan, upload, at, random));
  const garbage = Array.from({ length: plan.garbageCount }, (_, at) => makeGarbage(plan, at, random));
  return {
    versions: made.map(({ version }) => version),
    records: [...made.flatMap(({ records }) => records), ...garbage],
  };
}

function makeUpload(plan: Plan, upload: PlannedUpload, at: number, random: RandomStreams) {
  const { name, size, chunkBytes, missing, missingComesMs, extras } = upload;
  const path = `run/f${upload.pathNumber}.dat`;
  const bytes = Buffer.from(Array.from({ length: size }, () => random.whole(`bytes ${name}`, 0, 255)));
  // No two uploads have the same content.
  bytes[0] = name;
  const fields = chunkFields(path, bytes, chunkBytes);
  const record = (chunk: ChunkFields, quality: SentChunk['quality']): PlannedRecord => {
    const stream = `place ${name} ${chunk.index} ${quality}`;
    const anywhere = random.whole(stream, 0, plan.partitionCount - 1);
    return {
      atMs: upload.startMs + random.next(stream) * upload.spanMs,
      partition: plan.layout === 'by-file' ? upload.pathNumber % plan.partitionCount : anywhere,
      value: encodeFields(chunk),
      chunk: { upload: at, index: chunk.index, quality },
    };
  };
  const isSent = ({ index }: ChunkFields): boolean => index !== missing || missingComesMs !== undefined;
  const good = fields.filter(isSent).map(chunk => {
    const planned = record(chunk, 'good');
    const isLate = chunk.index === missing;
    return isLate ? { ...planned, atMs: upload.startMs + missingComesMs! } : planned;
  });
  const further = extras
    .filter(({ index }) => index <= fields.length)
    .map(({ index, quality }) => record(spoil(fields[index - 1]!, quality), quality));
  const version: UploadedVersion = {
    upload: at,
    path,
    bytes,
    sha512: sha512(bytes).toString('hex'),
    chunkCount: fields.length,
    isWhole:
      missing === undefined ||
      missingComesMs !== undefined ||
      further.some(({ chunk }) => chunk.quality === 'copy' && chunk.index === missing),
    hasExtras: further.length > 0,
  };
  return { version, records: [...good, ...further] };
}

function spoil(chunk: ChunkFields, quality: 'copy' | 'damaged' | 'misplaced'): ChunkFields {
  if (quality === 'copy') return chunk;
  if (quality === 'misplaced') return { ...chunk, startByte: chunk.startByte + 2 };
  const data = Buffer.from(chunk.data);
  data[0]! ^= 0xff;
  return { ...chunk, data };
}

function makeGarbage(plan: Plan, at: number, random: RandomStreams): PlannedRecord {
  const stream = `garbage ${at}`;
  const values = [null, Buffer.alloc(0), Buffer.from([0x9a, random.whole(stream, 0, 255), 1])];
  return {
    atMs: random.whole(stream, 0, busyMs),
    partition: random.whole(stream, 0, plan.partitionCount - 1),
    value: values[random.whole(stream, 0, 2)]!,
    chunk: { upload: undefined, index: 0, quality: 'garbage' },
  };
}
