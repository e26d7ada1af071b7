import type { CommittedFact } from '../facts.js';
import { readMetadata, type ReadMetadata } from './read-metadata.js';
import type { SetAsideView } from './set-aside-view.js';
import type { VersionRecord } from './version-record.js';

interface Place {
  readonly partition: number;
  readonly offset: number;
}

interface CommittedView extends ReadMetadata {
  readonly offset: number;
}

/** What is committed, and what a restart would make of it. */
export class GroupView {
  readonly #committed = new Map<number, CommittedView>();
  /** A tool moved offsets: what lies before them may be half finished. */
  wasMoved = false;

  offsetOf(partition: number): number | undefined {
    return this.#committed.get(partition)?.offset;
  }

  commit(offsets: readonly CommittedFact[]): void {
    for (const { partition, offset, metadata } of offsets)
      this.#committed.set(partition, { offset, ...readMetadata(offset, metadata) });
  }

  /** Metadata that was moved belongs to another position: nothing may be concluded from it. */
  move(offsets: readonly CommittedFact[]): void {
    this.wasMoved = true;
    for (const { partition, offset } of offsets)
      this.#committed.set(partition, { offset, readUpTo: offset, open: undefined });
  }

  /** Whether a restart would not look at this record of the version again. */
  isPassed({ id }: VersionRecord, { partition, offset }: Place): boolean {
    const view = this.#committed.get(partition);
    if (view === undefined) return false;
    if (offset < view.offset) return true;
    return offset < view.readUpTo && view.open !== undefined && !view.open.has(id);
  }

  /** 1-based index of a chunk that a restart would never see again in any of its copies. */
  lostChunkOf(version: VersionRecord, setAside: SetAsideView): number | undefined {
    const isLost = (place: Place): boolean =>
      this.isPassed(version, place) && !setAside.knows(version, place);
    for (const [index, places] of version.valid) if (places.every(isLost)) return index;
    return undefined;
  }

  /** Whether the commit says that the version has its outcome. */
  hasFinished(version: VersionRecord): boolean {
    // One that is set aside is passed, too.
    return (
      version.resultCount > 0 &&
      version.all.length > 0 &&
      version.all.every(place => this.isPassed(version, place))
    );
  }
}
