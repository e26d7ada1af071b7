import type { FileVersion } from '../assembly/file-version.js';
import type { OpenFileProgress } from './engine.js';
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
  /** Of the first chunk that carries one. */
  trace?: TraceContext | undefined;
  state: OpenFileState;
  /** A chunk was taken in while the verifier was reading the bytes: what it says may be of other bytes than the content now. */
  changedWhileVerifying: boolean;
  /** Where further copies of its chunks lie, for the one that is held may be damaged; not more than are worth it. */
  readonly copies: KnownChunk[];
  /** Chunks of it that were read before it was set aside, or whose bytes were dropped, are being read again, or are about to be. */
  isReadingBack: boolean;
  /** How many places of chunks were known when that was done last. */
  readBackCount: number;
  /** How often a chunk came while it was being set aside. */
  reopenedCount: number;
  /** Exactly-once: so many records of it are removed in the transaction that settles it. */
  removedCount: number;
  /** Kafka does not take the record that would set it aside. */
  mustStayOpen: boolean;
  /** Length in bytes, once complete. */
  size: number;
  messageCount: number;
  /** Of the values of its messages. */
  messageBytes: number;
  skipped?: string;
  attempts: number;
  processingMs: number;
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

/** Every place where a chunk of it was seen that may be needed. */
export function knownChunksOf({ version, copies }: OpenFile): KnownChunk[] {
  return [...version.heldChunks, ...copies];
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
