import { hash } from 'node:crypto';
import { isFor, type StateReader } from './file-state.js';

/** Where a chunk of a file lies. */
export interface KnownChunk {
  /** 1-based. */
  readonly index: number;
  readonly partition: number;
  readonly offset: bigint;
}

/** A file that was set aside before it was whole: where those of its chunks lie that were read. */
export interface SetAsideRecord {
  readonly versionId: string;
  readonly path: string;
  /** SHA-512 of the content, hex. */
  readonly sha512: string;
  readonly chunkCount: number;
  /** `incomplete`: no chunk came for long. `too-many`: a commit could not have named all unfinished files. */
  readonly reason: 'incomplete' | 'too-many';
  /** ISO 8601. Earlier records do not say when the first one was written. */
  readonly firstChunkAt?: string;
  readonly lastChunkAt: string;
  /** Of the file at the uploader, seconds since 1970. */
  readonly modifiedAtSeconds?: number;
  readonly setAsideAt: string;
  /** Name and version of the class. */
  readonly name: string;
  readonly version: string;
  /** The consumer group that lacks the file. */
  readonly groupId: string;
  /** The topic that the chunks are on. */
  readonly topic: string;
  /** One or more. */
  readonly chunks: readonly KnownChunk[];
}

/** Paths are relative, so it is the key of none. */
const keyPrefix = '/set-aside/';
const formatNumber = 1;
const idPattern = /^[0-9a-f]{16}$/;
const maxMissingRanges = 20;

/** `[offset - firstOffset, index, length]`: so many chunks whose offsets and indexes both follow one another. */
type Run = readonly [number, number, number];

interface PartitionRuns {
  readonly partition: number;
  readonly firstOffset: string;
  readonly lastOffset: string;
  readonly chunks: readonly Run[];
}

/**
 * The message for the state topic.
 *
 * Its key also tells its content: a record never replaces another one of the same file that knows other chunks, whoever wrote it
 * and when, nor that of another group, which removes it once it has an outcome. What is known of a file is all of its records together; they are removed one by one when it has its outcome.
 */
export function encodeSetAside(record: SetAsideRecord): { readonly key: string; readonly value: Buffer } {
  const { topic, chunks, versionId, ...rest } = record;
  const partitions = runsByPartition(chunks);
  const value = {
    format: formatNumber,
    outcome: 'set-aside',
    versionId,
    ...rest,
    missing: missingText(chunks, record.chunkCount),
    source: { topic, partitions },
  };
  const fingerprint = hash('sha256', JSON.stringify([record.groupId, partitions]), 'hex').slice(0, 16);
  return { key: `${keyPrefix}${versionId}/${fingerprint}`, value: Buffer.from(JSON.stringify(value)) };
}

export function isSetAsideKey(key: string): boolean {
  return key.startsWith(keyPrefix);
}

/** What is needed to complete the file. */
export type SetAsidePlaces = Pick<
  SetAsideRecord,
  | 'versionId'
  | 'path'
  | 'sha512'
  | 'chunkCount'
  | 'firstChunkAt'
  | 'lastChunkAt'
  | 'modifiedAtSeconds'
  | 'chunks'
>;

/**
 * @param reader for whom: what another group lacks, or what was read from another topic, says nothing to it
 * @returns undefined for what somebody else wrote, or a later version of this program in another format
 */
export function decodeSetAside(value: Buffer, reader: StateReader): SetAsidePlaces | undefined {
  try {
    const state = JSON.parse(value.toString()) as SetAsidePlaces & {
      readonly format?: unknown;
      readonly groupId?: unknown;
      readonly source: { readonly topic?: unknown; readonly partitions: readonly PartitionRuns[] };
    };
    if (state.format !== formatNumber || !isFor(reader, state)) return undefined;
    const { versionId, path, sha512, chunkCount, firstChunkAt, lastChunkAt, modifiedAtSeconds, source } =
      state;
    if (!idPattern.test(versionId) || !Number.isSafeInteger(chunkCount)) return undefined;
    return {
      ...{ versionId, path, sha512, chunkCount, lastChunkAt },
      ...(firstChunkAt === undefined ? {} : { firstChunkAt }),
      ...(modifiedAtSeconds === undefined ? {} : { modifiedAtSeconds }),
      chunks: source.partitions.flatMap(chunksOf),
    };
  } catch {
    return undefined;
  }
}

function runsByPartition(chunks: readonly KnownChunk[]): PartitionRuns[] {
  const byPartition = new Map<number, KnownChunk[]>();
  for (const chunk of chunks) {
    const same = byPartition.get(chunk.partition);
    if (same === undefined) byPartition.set(chunk.partition, [chunk]);
    else same.push(chunk);
  }
  return [...byPartition]
    .sort(([a], [b]) => a - b)
    .map(([partition, its]) => {
      const inOrder = its.sort((a, b) => Number(a.offset - b.offset));
      const [first, last] = [inOrder[0]!.offset, inOrder.at(-1)!.offset];
      const runs = runsOf(inOrder, first);
      return { partition, firstOffset: first.toString(), lastOffset: last.toString(), chunks: runs };
    });
}

function runsOf(chunks: readonly KnownChunk[], firstOffset: bigint): Run[] {
  const runs: [number, number, number][] = [];
  for (const { offset, index } of chunks) {
    const delta = Number(offset - firstOffset);
    const last = runs.at(-1);
    if (last !== undefined && delta === last[0] + last[2] && index === last[1] + last[2]) last[2] += 1;
    else runs.push([delta, index, 1]);
  }
  return runs;
}

function chunksOf({ partition, firstOffset, chunks }: PartitionRuns): KnownChunk[] {
  const first = BigInt(firstOffset);
  return chunks.flatMap(([delta, index, length]) =>
    Array.from({ length }, (_, at) => ({ partition, index: index + at, offset: first + BigInt(delta + at) })),
  );
}

/** For people: `2, 7-9`. */
function missingText(chunks: readonly KnownChunk[], count: number): string {
  const known = [...new Set(chunks.map(({ index }) => index))].sort((a, b) => a - b);
  const ranges: string[] = [];
  let next = 1;
  for (const index of [...known, count + 1]) {
    if (index > next) ranges.push(index - 1 === next ? String(next) : `${next}-${index - 1}`);
    next = index + 1;
    if (ranges.length > maxMissingRanges) return `${ranges.slice(0, maxMissingRanges).join(', ')}, …`;
  }
  return ranges.join(', ');
}
