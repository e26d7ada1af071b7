import type { SeenContent } from '../facts.js';
import type { VersionRecord } from './version-record.js';

export interface Call {
  readonly version: VersionRecord;
  readonly content: SeenContent;
  /** Since then partitions of its worker were lost: its result is not wanted any more. */
  isStale: boolean;
  hasEnded: boolean;
  isAcknowledged: boolean;
}

/** What the checker knows of one process. */
export class WorkerView {
  readonly calls = new Map<number, Call>();
  /** Versions that the committed offsets called finished when this worker read them. */
  readonly finishedAtStart = new Set<VersionRecord>();
  #owned = new Set<number>();

  /** @returns whether it was not given all partitions without interruption that it had */
  assign(kept: readonly number[], added: readonly number[], lost: readonly number[]): boolean {
    const isBroken = lost.length > 0 || added.some(partition => this.#owned.has(partition));
    this.#owned = new Set([...kept, ...added]);
    if (!isBroken) return false;
    this.finishedAtStart.clear();
    for (const call of this.calls.values()) call.isStale = true;
    return true;
  }

  get currentCalls(): Call[] {
    return [...this.calls.values()].filter(({ isStale }) => !isStale);
  }
}
