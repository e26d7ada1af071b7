import { isFor, type StateReader } from './file-state.js';

/**
 * Which run of a worker reads a partition. A worker writes one for each partition that it gets and removes it when it ends; so one
 * that is still there when the next worker gets the partition says that the run before did not end by itself.
 */
export interface PartitionReader {
  readonly partition: number;
  /** One for each time that a worker is started. */
  readonly runId: string;
  /** Files that this run announces before it calls the method with them; 0: none. */
  readonly announcedFiles: number;
  /** ISO 8601. */
  readonly since: string;
}

/** A run that may have been ended by a call with a file. */
export interface CountedRun {
  readonly runId: string;
  /** Whether nothing else was called during that call. */
  readonly isAlone: boolean;
}

/** The method is about to be called with a file; removed when it has come back. */
export interface AnnouncedCall {
  readonly versionId: string;
  readonly path: string;
  readonly partitions: readonly number[];
  /** Runs that may have been ended by a call with this file, before this one. */
  readonly deaths: number;
  /** Those of them during which nothing else was called. */
  readonly deathsAlone: number;
  /**
   * Which of them are known, the latest last. Those that earlier releases counted are not, and not the first ones of very many. Who
   * only looked dead is found by it.
   */
  readonly countedRuns: readonly CountedRun[];
  /** Whether nothing else is called during this call. */
  readonly isAlone: boolean;
  /** The run that calls; undefined once the death of that run is counted. */
  readonly runId?: string;
  /** ISO 8601. */
  readonly at: string;
}

/** What a record of the state topic says of runs; undefined content: it was removed. */
export type RunRecord =
  | { readonly kind: 'reader'; readonly partition: number; readonly reader: PartitionReader | undefined }
  | { readonly kind: 'call'; readonly versionId: string; readonly call: AnnouncedCall | undefined };

/** Paths are relative, so these begin the key of none. */
const readerPrefix = '/reading/';
const callPrefix = '/calling/';
const formatNumber = 1;

export function isRunKey(key: string): boolean {
  return key.startsWith(readerPrefix) || key.startsWith(callPrefix);
}

/** @returns the key; the group is in it so that groups that share a topic do not replace each other's records */
export function readerKey({ topic, groupId }: StateReader, partition: number): string {
  return `${readerPrefix}${groupId}/${topic}/${partition}`;
}

export function callKey({ topic, groupId }: StateReader, versionId: string): string {
  return `${callPrefix}${groupId}/${topic}/${versionId}`;
}

export function encodeReader({ topic, groupId }: StateReader, reader: PartitionReader): Buffer {
  return encode({ outcome: 'reading', groupId, source: { topic }, ...reader });
}

export function encodeCall({ topic, groupId }: StateReader, call: AnnouncedCall): Buffer {
  return encode({ outcome: 'calling', groupId, source: { topic }, ...call });
}

/** @returns undefined for what is about another group or topic, or in a later format */
export function decodeRunRecord(key: string, value: Buffer | null, own: StateReader): RunRecord | undefined {
  const name = key.slice(key.lastIndexOf('/') + 1);
  const partition = Number(name);
  const isReader = key === readerKey(own, partition);
  if (!isReader && key !== callKey(own, name)) return undefined;
  const content = value === null ? undefined : decode(value, own);
  if (value !== null && content === undefined) return undefined;
  return isReader
    ? { kind: 'reader', partition, reader: content as PartitionReader | undefined }
    : { kind: 'call', versionId: name, call: content as AnnouncedCall | undefined };
}

function encode(record: object): Buffer {
  return Buffer.from(JSON.stringify({ format: formatNumber, ...record }));
}

function decode(value: Buffer, own: StateReader): PartitionReader | AnnouncedCall | undefined {
  try {
    const record = JSON.parse(value.toString()) as Omit<PartitionReader & AnnouncedCall, 'runId'> & {
      readonly runId?: unknown;
      readonly format?: unknown;
      readonly groupId?: unknown;
      readonly source?: { readonly topic?: unknown };
    };
    if (record.format !== formatNumber || !isFor(own, record)) return undefined;
    const { partition, runId, announcedFiles, since, versionId, path, partitions, at } = record;
    const { deaths, deathsAlone, isAlone, countedRuns } = record;
    if (Number.isInteger(partition)) return { partition, runId: String(runId), announcedFiles, since };
    if (!Array.isArray(partitions) || ![deaths, deathsAlone].every(Number.isInteger)) return undefined;
    return {
      versionId,
      path,
      partitions,
      deaths,
      deathsAlone,
      countedRuns: Array.isArray(countedRuns) ? countedRuns.filter(isCountedRun) : [],
      isAlone,
      at,
      ...(typeof runId === 'string' ? { runId } : {}),
    };
  } catch {
    return undefined;
  }
}

function isCountedRun(value: unknown): value is CountedRun {
  const { runId, isAlone } = (value ?? {}) as Partial<CountedRun>;
  return typeof runId === 'string' && typeof isAlone === 'boolean';
}
