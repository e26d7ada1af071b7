import { isFor, type StateReader } from './file-state.js';

/** A version that never became whole and is given up, as a newer one of its path is done. */
export interface SupersededRecord {
  readonly versionId: string;
  readonly path: string;
  /** SHA-512 of the content, hex. */
  readonly sha512: string;
  readonly chunkCount: number;
  /** Id of the version that is done. */
  readonly supersededBy: string;
  /** ISO 8601. */
  readonly supersededAt: string;
  /** Name and version of the class. */
  readonly name: string;
  readonly version: string;
  readonly groupId: string;
  /** The topic that the chunks are on. */
  readonly topic: string;
}

export type SupersededVersion = Pick<SupersededRecord, 'versionId' | 'path' | 'supersededBy'>;

/** Paths are relative, so it is the key of none. */
const keyPrefix = '/superseded/';
const formatNumber = 1;
const idPattern = /^[0-9a-f]{16}$/;

export function supersededKey(versionId: string): string {
  return `${keyPrefix}${versionId}`;
}

export function isSupersededKey(key: string): boolean {
  return key.startsWith(keyPrefix);
}

/** The message for the state topic. It has a key of its own, for the path's is that of the version that is done. */
export function encodeSuperseded({ topic, ...rest }: SupersededRecord): {
  readonly key: string;
  readonly value: Buffer;
} {
  const value = { format: formatNumber, outcome: 'superseded', ...rest, source: { topic } };
  return { key: supersededKey(rest.versionId), value: Buffer.from(JSON.stringify(value)) };
}

/**
 * @param reader for whom: what another group gave up, or what was read from another topic, says nothing to it
 * @returns undefined for what somebody else wrote, or a later version of this program in another format
 */
export function decodeSuperseded(value: Buffer, reader: StateReader): SupersededVersion | undefined {
  try {
    const state = JSON.parse(value.toString()) as Partial<SupersededRecord> & {
      readonly format?: unknown;
      readonly source?: { readonly topic?: unknown };
    };
    if (state.format !== formatNumber || !isFor(reader, state)) return undefined;
    const { versionId, path, supersededBy } = state;
    if (!isId(versionId) || !isId(supersededBy) || typeof path !== 'string') return undefined;
    return { versionId, path, supersededBy };
  } catch {
    return undefined;
  }
}

function isId(value: unknown): value is string {
  return typeof value === 'string' && idPattern.test(value);
}
