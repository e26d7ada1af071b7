import { versionTimesOf, versionTimesValue, type VersionTimes } from './upload-times.js';

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
  /** Of the versions that are done, the one that was uploaded last, and when. */
  readonly newest?: VersionTimes;
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
  /** The one of them that was uploaded last, as far as it is known. */
  readonly newest?: VersionTimes;
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
    ...(newest === undefined ? {} : { newest: versionTimesValue(newest) }),
    earlier: earlier.slice(-maxEarlierCount),
  };
  return Buffer.from(JSON.stringify(bounded));
}

/**
 * Reads which versions of a path are done. Files that failed do not count, so that they can be uploaded again after a restart.
 *
 * @param reader for whom: what another group did, or what was read from another topic, says nothing to it
 * @returns undefined for what somebody else wrote, or a later version of this program in another format
 */
export function decodeDoneVersions(value: Buffer, reader: StateReader): DoneVersions | undefined {
  let state: (Partial<FileState> & { readonly format?: unknown }) | null;
  try {
    state = JSON.parse(value.toString()) as typeof state;
  } catch {
    return undefined;
  }
  if (state === null || typeof state !== 'object' || state.format !== formatNumber) return undefined;
  if (!isFor(reader, state)) return undefined;
  const { versionId, outcome, earlier } = state as {
    versionId?: unknown;
    outcome?: unknown;
    earlier?: unknown;
  };
  const ids: unknown[] = [...(Array.isArray(earlier) ? (earlier as unknown[]) : [])];
  if (outcome === 'done') ids.push(versionId);
  const versionIds = ids.filter((id): id is string => typeof id === 'string' && idPattern.test(id));
  const newest = versionTimesOf(state.newest);
  return {
    versionIds: versionIds.slice(-maxEarlierCount - 1),
    ...(newest === undefined ? {} : { newest }),
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
export type FileOutcomeState = Pick<FileState, 'outcome' | 'reason' | 'error' | 'endedAt'>;

const outcomes: readonly unknown[] = ['done', 'failed', 'corrupt', 'lost'];

/** @returns undefined for what is no state of this group's files from this topic, or of a later format */
export function decodeFileOutcome(value: Buffer, reader: StateReader): FileOutcomeState | undefined {
  try {
    const state = JSON.parse(value.toString()) as (FileState & { readonly format?: unknown }) | null;
    if (state?.format !== formatNumber || !isFor(reader, state)) return undefined;
    const { outcome, reason, error, endedAt } = state;
    if (!outcomes.includes(outcome)) return undefined;
    return {
      outcome,
      endedAt,
      ...(reason === undefined ? {} : { reason }),
      ...(error === undefined ? {} : { error }),
    };
  } catch {
    return undefined;
  }
}
