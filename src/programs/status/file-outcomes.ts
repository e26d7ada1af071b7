import type { RawRecord } from '../../kafka/driver.js';
import { decodeFileOutcome, type FileOutcomeState, type StateReader } from '../../wire/file-state.js';
import { decodeSetAside, isSetAsideKey } from '../../wire/set-aside-record.js';
import {
  maxFailedTold,
  type FailedStatus,
  type OutcomeCounts,
  type SetAsideStatus,
} from './status-report.js';

interface SetAsideFile extends SetAsideStatus {
  /** ISO 8601. */
  readonly lastChunkAt: string;
}

/** What the state topic says: the latest outcome of each path, and the files that are set aside. */
export class FileOutcomes {
  readonly #reader: StateReader;
  readonly #outcomes = new Map<string, FileOutcomeState>();
  readonly #setAside = new Map<string, SetAsideFile>();

  /** @param reader group and topic with the chunks: one state topic may serve several */
  constructor(reader: StateReader) {
    this.#reader = reader;
  }

  add({ key, value }: Pick<RawRecord, 'key' | 'value'>): void {
    const text = key?.toString() ?? '';
    if (isSetAsideKey(text)) return this.#addSetAside(text, value);
    const state = value === null ? undefined : decodeFileOutcome(value, this.#reader);
    if (state === undefined) return;
    // The latest one is the last.
    this.#outcomes.delete(text);
    this.#outcomes.set(text, state);
  }

  get counts(): OutcomeCounts {
    const counts = { done: 0, failed: 0, corrupt: 0, lost: 0 };
    for (const { outcome } of this.#outcomes.values()) counts[outcome] += 1;
    return counts;
  }

  get failed(): FailedStatus[] {
    return [...this.#outcomes]
      .flatMap(([path, { outcome, reason, error, endedAt }]) =>
        outcome === 'done'
          ? []
          : [
              {
                ...{ path, outcome, endedAt },
                ...(reason === undefined ? {} : { reason }),
                ...(error === undefined ? {} : { error }),
              },
            ],
      )
      .slice(-maxFailedTold);
  }

  /** By path, the one that was decided last at the end. */
  get latest(): ReadonlyMap<string, FileOutcomeState> {
    return this.#outcomes;
  }

  get setAside(): SetAsideFile[] {
    return [...this.#setAside.values()];
  }

  #addSetAside(key: string, value: Buffer | null): void {
    const places = value === null ? undefined : decodeSetAside(value, this.#reader);
    if (places === undefined) {
      this.#setAside.delete(key);
      return;
    }
    const { path, versionId, chunkCount, chunks, lastChunkAt } = places;
    const haveCount = new Set(chunks.map(({ index }) => index)).size;
    this.#setAside.set(key, { path, versionId, haveCount, chunkCount, lastChunkAt });
  }
}
