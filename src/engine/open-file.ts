import type { AddedChunk } from '../assembly/added-chunk.js';
import { placeText, type ChunkPosition } from '../assembly/held-chunk.js';
import type { TopicContent } from '../assembly/topic-content.js';
import type { FileVersion } from '../assembly/file-version.js';
import type { OpenFileProgress, UnfinishedFile } from './engine.js';
import type { FileChunk } from '../wire/file-chunk.js';
import type { KnownChunk } from '../wire/set-aside-record.js';
import type { UploadTimes } from '../wire/upload-times.js';
import type { TraceContext } from '../wire/trace-context.js';
import type { DataFileInfo } from '../processing/data-file.js';

/**
 * assembling → verifying → waiting → processing → producing → recording (its outcome, on the state topic); back to assembling when a damaged chunk was found;
 * given-back: the method gave it back without outcome, because the worker stops. assembling → setting-aside: its rest does not come, and where
 * its chunks lie is on its way to the state topic; back to assembling when another chunk comes.
 */
export type OpenFileState =
  | 'assembling'
  | 'verifying'
  | 'waiting'
  | 'processing'
  | 'producing'
  | 'recording'
  | 'given-back'
  | 'setting-aside';

/** A version that has at least one chunk and no outcome yet. */
export interface OpenFile {
  /** Names this piece of work between engine, verifier, processing and producer; never used again. */
  readonly workId: number;
  /** Another one once it is put together again. */
  version: FileVersion;
  readonly firstChunkAtMs: number;
  lastChunkAtMs: number;
  /** Counts chunks of all files: the file with the lowest number is idle for longest. */
  lastChunkNumber: number;
  /** When the first and the latest of its chunks were written to the topic: also before this worker was started. Infinity: not known. */
  firstWrittenAtMs: number;
  chunkWrittenAtMs: number;
  /** The same of the latest that was not a mere copy of another one: then the file was whole on the topic. */
  wholeWrittenAtMs: number;
  /** Of the first chunk that carries one. */
  trace?: TraceContext | undefined;
  state: OpenFileState;
  /** A chunk was taken in while the verifier was reading the bytes: what it says may be of other bytes than the content now. */
  changedWhileVerifying: boolean;
  /** Where further copies of its chunks lie, by place, for the one that is held may be damaged; not more than are worth it. */
  readonly copies: Map<string, KnownChunk>;
  /** Chunks of it that were read before it was set aside, or whose bytes were dropped, are being read again, or are about to be. */
  isReadingBack: boolean;
  /** How many places of chunks were known when that was done last. */
  readBackCount: number;
  /** A chunk says that it is too large; whether that is so is not decided yet. */
  isSaidTooLarge?: boolean;
  /** How often a chunk came while it was being set aside. */
  reopenedCount: number;
  /** Exactly-once: so many records of it are removed in the transaction that settles it. */
  removedCount: number;
  /** Kafka does not take the record that would set it aside. */
  mustStayOpen: boolean;
  /** Its content is read from the topic, as it is larger than what may be held of it: what is verified, or was. */
  onTopic?: TopicContent | undefined;
  /** Length in bytes, once complete. */
  size: number;
  messageCount: number;
  /** Of the values of its messages. */
  messageBytes: number;
  skipped?: string;
  attempts: number;
  processingMs: number;
}

/** A file of which nothing has happened yet. Property by property: spreading `start` takes V8 several times as long. */
export function newOpenFile(
  start: Pick<
    OpenFile,
    'workId' | 'version' | 'state' | 'firstChunkAtMs' | 'firstWrittenAtMs' | 'chunkWrittenAtMs' | 'trace'
  >,
): OpenFile {
  return {
    workId: start.workId,
    version: start.version,
    firstChunkAtMs: start.firstChunkAtMs,
    lastChunkAtMs: start.firstChunkAtMs,
    lastChunkNumber: 0,
    firstWrittenAtMs: start.firstWrittenAtMs,
    chunkWrittenAtMs: start.chunkWrittenAtMs,
    wholeWrittenAtMs: start.firstWrittenAtMs,
    trace: start.trace,
    state: start.state,
    changedWhileVerifying: false,
    copies: new Map(),
    isReadingBack: false,
    readBackCount: 0,
    reopenedCount: 0,
    removedCount: 0,
    mustStayOpen: false,
    size: 0,
    messageCount: 0,
    messageBytes: 0,
    attempts: 0,
    processingMs: 0,
  };
}

/** What people get to know of a file that has no outcome yet. */
export function progressOf(file: OpenFile, nowMs: number): OpenFileProgress {
  const { version, state, firstChunkAtMs } = file;
  return {
    path: version.identity.path,
    state,
    heldChunkCount: version.heldCount,
    chunkCount: version.identity.count,
    heldBytes: version.heldBytes,
    ageMs: nowMs - firstChunkAtMs,
  };
}

/** The same of all of them, for tables. @param timeOriginMs milliseconds since 1970 at which the engine's clock was 0 */
export function* unfinishedFiles(files: Iterable<OpenFile>, timeOriginMs: number): Iterable<UnfinishedFile> {
  const dateOf = (ms: number): Date => new Date(timeOriginMs + ms);
  for (const { version, firstChunkAtMs, lastChunkAtMs } of files) {
    const { path, count: chunkCount } = version.identity;
    yield { path, chunkCount, firstMessageAt: dateOf(firstChunkAtMs), lastMessageAt: dateOf(lastChunkAtMs) };
  }
}

/** Of one file. */
const maxCopies = 10_000;

/** Remembers where the copy lies that is not the one that is held. */
export function noteCopy(
  { copies }: OpenFile,
  { index }: FileChunk,
  added: AddedChunk,
  position: ChunkPosition,
): void {
  if (added.kind !== 'duplicate' && added.kind !== 'rewritten') return;
  const { partition, offset } = added.kind === 'duplicate' ? position : added.earlier;
  if (copies.size < maxCopies) copies.set(placeText({ partition, offset }), { index, partition, offset });
}

/** Every place where a chunk of it was seen that may be needed, each once. */
export function knownChunksOf({ version, copies }: OpenFile): KnownChunk[] {
  return eachPlaceOnce(version.heldChunks, [...copies.values()]);
}

/** These chunks of it and what else was seen of the same numbers, each place once. */
export function withCopies({ copies }: OpenFile, chunks: readonly KnownChunk[]): KnownChunk[] {
  const indexes = new Set(chunks.map(({ index }) => index));
  return eachPlaceOnce(
    chunks,
    [...copies.values()].filter(({ index }) => indexes.has(index)),
  );
}

function eachPlaceOnce(chunks: readonly KnownChunk[], copies: readonly KnownChunk[]): KnownChunk[] {
  if (copies.length === 0) return [...chunks];
  const places = new Set(chunks.map(placeText));
  return [...chunks, ...copies.filter(copy => !places.has(placeText(copy)))];
}

/** Where the chunks that arrived so far lie. */
export function partitionsOf({ version }: OpenFile): number[] {
  return [...version.ranges.keys()];
}

/**
 * @param timeOriginMs milliseconds since 1970 at which the engine's clock was 0
 * @returns undefined for a file that is not read as part of its topic
 */
export function uploadTimesOfFile(
  { version, firstWrittenAtMs, chunkWrittenAtMs }: OpenFile,
  timeOriginMs: number,
): UploadTimes | undefined {
  if (!Number.isFinite(firstWrittenAtMs)) return undefined;
  const { modifiedAtSeconds } = version.identity;
  return {
    firstWrittenAtMs: Math.round(timeOriginMs + firstWrittenAtMs),
    lastWrittenAtMs: Math.round(timeOriginMs + chunkWrittenAtMs),
    ...(modifiedAtSeconds === undefined ? {} : { modifiedAtSeconds }),
  };
}

/**
 * Of a version that is whole: what comes later are copies of it. So its times are the same, however late it is processed.
 *
 * @returns undefined for a file that is not read as part of its topic
 */
export function timesOfWhole(file: OpenFile, timeOriginMs: number): UploadTimes | undefined {
  const times = uploadTimesOfFile(file, timeOriginMs);
  return times && { ...times, lastWrittenAtMs: Math.round(timeOriginMs + file.wholeWrittenAtMs) };
}

/** What the user's method and the reports get to know of a file. */
export function describeFile(file: OpenFile, topic: string): DataFileInfo {
  const { identity, ranges } = file.version;
  const partitions = [...ranges]
    .sort(([a], [b]) => a - b)
    .map(([partition, range]) => ({
      partition,
      firstOffset: range.firstOffset.toString(),
      lastOffset: range.lastOffset.toString(),
    }));
  return {
    path: identity.path,
    filename: identity.filename,
    subdirectory: identity.subdirectory,
    sha512: identity.fileHash.toString('hex'),
    chunkCount: identity.count,
    source: { topic, partitions },
    ...(identity.modifiedAtSeconds === undefined ? {} : { modifiedAtMs: identity.modifiedAtSeconds * 1000 }),
  };
}
