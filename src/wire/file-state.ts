import { latestOf, versionTimesValue, type VersionTimes } from './upload-times.js';

/** Whose files a record of the state topic must be about, as a topic may be shared. */
export interface StateReader {
  /** That the chunks are read from. */
  readonly topic: string;
  readonly groupId: string;
}

/** What the state topic says of a path: the message's key is the path, its value this as JSON. */
export interface FileState {
  readonly versionId: string;
  readonly outcome: 'done' | 'failed' | 'corrupt' | 'lost';
  /** Why it was given up. */
  readonly reason?: string;
  /** At most `maxErrorLength` characters. */
  readonly error?: string;
  /** SHA-512 of the content, hex. */
  readonly sha512: string;
  readonly chunkCount: number;
  /** Bytes. */
  readonly size: number;
  /** Ids of what was produced; empty when nothing was. */
  readonly resultIds: readonly string[];
  readonly messageCount: number;
  readonly attempts: number;
  readonly processingMs: number;
  /** ISO 8601. */
  readonly firstChunkAt: string;
  readonly endedAt: string;
  /** Of the versions that are done, those that were uploaded last, and when; see `latestWith`. */
  readonly newest?: readonly VersionTimes[];
  /** Name and version of the class. */
  readonly name: string;
  readonly version: string;
  /** The consumer group that it is an outcome for. */
  readonly groupId: string;
  /** The topic that the chunks were read from, and where they lay. */
  readonly source: {
    readonly topic: string;
    readonly partitions: readonly {
      readonly partition: number;
      readonly firstOffset: string;
      readonly lastOffset: string;
    }[];
  };
  /** Ids of versions of the path that were done before, the latest last; at most `maxEarlierCount`. */
  readonly earlier: readonly string[];
}

/** What recognises a file: all that a worker keeps of a state. */
export interface DoneVersions {
  /** Ids of versions that are done, the latest last. */
  readonly versionIds: readonly string[];
  /** Those of them that were uploaded last, as far as it is known. */
  readonly newest?: readonly VersionTimes[];
}

export const maxEarlierCount = 20;
const maxErrorLength = 500;
const formatNumber = 1;
const idPattern = /^[0-9a-f]{16}$/;

/** @returns the value of the message; its key is the path */
export function encodeFileState(state: FileState): Buffer {
  const { error, earlier, newest, ...rest } = state;
  const bounded = {
    format: formatNumber,
    ...rest,
    ...(error === undefined ? {} : { error: error.slice(0, maxErrorLength) }),
    ...(newest === undefined || newest.length === 0 ? {} : { newest: newest.map(versionTimesValue) }),
    earlier: earlier.slice(-maxEarlierCount),
  };
  return Buffer.from(JSON.stringify(bounded));
}

/** What a record says of its path. */
export interface DecodedFileState {
  readonly done: DoneVersions;
  /** The latest outcome; undefined: of a kind that a later version of this program knows. */
  readonly outcome: FileOutcomeState | undefined;
}

/**
 * Reads which versions of a path are done, and what became of the latest one.
 *
 * @param reader for whom: what another group did, or what was read from another topic, says nothing to it
 * @returns undefined for what somebody else wrote, or a later version of this program in another format
 */
export function decodeFileState(value: Buffer, reader: StateReader): DecodedFileState | undefined {
  let state: (Partial<FileState> & { readonly format?: unknown }) | null;
  try {
    state = JSON.parse(value.toString()) as typeof state;
  } catch {
    return undefined;
  }
  if (state === null || typeof state !== 'object' || state.format !== formatNumber) return undefined;
  return isFor(reader, state) ? { done: doneVersionsOf(state), outcome: outcomeOf(state) } : undefined;
}

/** The same of the versions alone. Files that failed do not count, so that they can be uploaded again after a restart. */
export function decodeDoneVersions(value: Buffer, reader: StateReader): DoneVersions | undefined {
  return decodeFileState(value, reader)?.done;
}

/** The same of the outcome alone. */
export function decodeFileOutcome(value: Buffer, reader: StateReader): FileOutcomeState | undefined {
  return decodeFileState(value, reader)?.outcome;
}

function doneVersionsOf(state: Partial<FileState>): DoneVersions {
  const { versionId, outcome, earlier } = state as {
    versionId?: unknown;
    outcome?: unknown;
    earlier?: unknown;
  };
  const ids: unknown[] = [...(Array.isArray(earlier) ? (earlier as unknown[]) : [])];
  if (outcome === 'done') ids.push(versionId);
  const versionIds = ids.filter((id): id is string => typeof id === 'string' && idPattern.test(id));
  const newest = latestOf(state.newest);
  return {
    versionIds: versionIds.slice(-maxEarlierCount - 1),
    ...(newest.length === 0 ? {} : { newest }),
  };
}

/** A record that names no group was written before groups were named, when a topic had but one. */
export function isFor(
  { topic, groupId }: StateReader,
  record: { readonly groupId?: unknown; readonly source?: { readonly topic?: unknown } },
): boolean {
  return record.source?.topic === topic && (record.groupId === undefined || record.groupId === groupId);
}

/** What became of a path, for people. */
export type FileOutcomeState = Pick<
  FileState,
  'outcome' | 'reason' | 'error' | 'chunkCount' | 'firstChunkAt' | 'endedAt'
>;

const outcomes: readonly unknown[] = ['done', 'failed', 'corrupt', 'lost'];

function outcomeOf(state: Partial<FileState>): FileOutcomeState | undefined {
  if (!outcomes.includes(state.outcome)) return undefined;
  const { outcome, reason, error, chunkCount, firstChunkAt, endedAt } = state as FileState;
  return {
    outcome,
    chunkCount,
    firstChunkAt,
    endedAt,
    ...(reason === undefined ? {} : { reason }),
    ...(error === undefined ? {} : { error }),
  };
}
