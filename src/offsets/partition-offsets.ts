import {
  decodeCommitMetadata,
  encodeCommitMetadata,
  maxMetadataLength,
  namedVersionCount,
  type CommitPosition,
  type CommitState,
} from './commit-metadata.js';

export interface CommittableState {
  readonly offset: bigint;
  readonly metadata: string;
  /** More versions are open than the metadata holds: do not commit it. */
  readonly overflowed: boolean;
}

interface CommittableOptions {
  readonly canReadAgain?: boolean;
  readonly maxLength?: number;
}

const nobody: ReadonlySet<string> = new Set();

/**
 * What may be committed for one partition.
 *
 * A version is settled as a whole: its chunks' offsets become committable together, when it has an outcome. So no
 * offset needs a mark of its own. Records are read in offset order, thus a Map from version to its first offset is
 * ordered by offset, and its first entry is the lowest unsettled one.
 */
export class PartitionOffsets {
  readonly #topic: string;
  readonly #partition: number;
  readonly #firstOffsets = new Map<string, bigint>();
  readonly #startOffset: bigint;
  /** Where an earlier process stopped reading; records below it were seen before. */
  readonly #resumeEnd: bigint;
  /** Versions that were open then and have no outcome yet; chunks of others below `#resumeEnd` had one. */
  readonly #unfinished: Set<string> | undefined;
  #nextOffset: bigint;

  /**
   * @param start the committed offset, or where reading begins without one
   * @param metadata what was committed beside it; null or foreign text: every record counts as new
   */
  constructor(position: CommitPosition, metadata: string | null) {
    this.#topic = position.topic;
    this.#partition = position.partition;
    this.#startOffset = position.offset;
    this.#nextOffset = position.offset;
    const resumed: CommitState | undefined = decodeCommitMetadata(position, metadata);
    this.#resumeEnd = resumed?.readUpTo ?? position.offset;
    this.#unfinished = resumed === undefined ? undefined : new Set(resumed.openVersions);
  }

  get startOffset(): bigint {
    return this.#startOffset;
  }

  /** Offset of the next record to read. */
  get nextOffset(): bigint {
    return this.#nextOffset;
  }

  /** Records below were read by an earlier process. Equal to the start where there is nothing to skip. */
  get resumeEnd(): bigint {
    return this.#resumeEnd;
  }

  /** Versions that an earlier process left without outcome and that still have none. */
  get unfinishedCount(): number {
    return this.#unfinished?.size ?? 0;
  }

  /** Ids of the versions that hold the partition back. */
  get openVersions(): readonly string[] {
    return [...this.#firstOffsets.keys()];
  }

  get openCount(): number {
    return this.#firstOffsets.size;
  }

  /** Whether a record was read before, so that what was wrong with it was reported before. */
  wasRead(offset: bigint): boolean {
    return offset < this.#resumeEnd;
  }

  /** Whether a chunk belongs to a version that had an outcome in an earlier process. */
  hadOutcome(offset: bigint, versionId: string): boolean {
    return offset < this.#resumeEnd && this.#unfinished !== undefined && !this.#unfinished.has(versionId);
  }

  /** Notes that a version without outcome has a chunk at `offset`; only its first one counts. */
  hold(versionId: string, offset: bigint): void {
    if (!this.#firstOffsets.has(versionId)) this.#firstOffsets.set(versionId, offset);
  }

  /** The version has an outcome: its chunks no longer hold the partition back. */
  settle(versionId: string): void {
    this.#firstOffsets.delete(versionId);
    this.#unfinished?.delete(versionId);
  }

  /**
   * Nothing of the version is held any more, though it has no outcome: all that was held of it was damaged. Chunks of it that an
   * earlier process had read still count as unfinished, for a good copy may be among them.
   */
  release(versionId: string): void {
    this.#firstOffsets.delete(versionId);
  }

  /** The version was settled and has a chunk after that, at an offset that others may have passed since. */
  holdAgain(versionId: string, offset: bigint): void {
    this.#firstOffsets.set(versionId, offset);
    const inOrder = [...this.#firstOffsets].sort(([, a], [, b]) => (a < b ? -1 : a > b ? 1 : 0));
    this.#firstOffsets.clear();
    for (const [id, first] of inOrder) this.#firstOffsets.set(id, first);
  }

  /** Everything below `nextOffset` was read. */
  advanceTo(nextOffset: bigint): void {
    if (nextOffset > this.#nextOffset) this.#nextOffset = nextOffset;
  }

  /** Lowest unsettled offset, else the next one to read: where a restart has to begin. */
  get committableOffset(): bigint {
    return this.#committableOffset(nobody);
  }

  /**
   * @param settling versions that this very commit settles: their results are part of it
   * @param canReadAgain whether finished versions are recognised by themselves when they are read again. With more open versions than
   *   the metadata holds it then says only how far the partition was read when the first of those that do not fit was met
   */
  committable(
    settling: ReadonlySet<string> = nobody,
    { canReadAgain = false, maxLength = maxMetadataLength }: CommittableOptions = {},
  ): CommittableState {
    const offset = this.#committableOffset(settling);
    const position = { topic: this.#topic, partition: this.#partition, offset };
    const { metadata, overflowed } = encodeCommitMetadata(position, this.#state(settling), maxLength);
    const shorter = overflowed && canReadAgain ? this.#shorterState(settling, maxLength) : undefined;
    if (shorter === undefined) return { offset, metadata, overflowed };
    return { offset, ...encodeCommitMetadata(position, shorter, maxLength) };
  }

  /** Undefined while the records that an earlier process had read are not passed. */
  #shorterState(settling: ReadonlySet<string>, maxLength: number): CommitState | undefined {
    if (this.#nextOffset < this.#resumeEnd) return undefined;
    const most = namedVersionCount(maxLength);
    const openVersions: string[] = [];
    for (const [id, first] of this.#firstOffsets) {
      if (settling.has(id)) continue;
      if (openVersions.length === most) return { readUpTo: first, openVersions };
      openVersions.push(id);
    }
    return { readUpTo: this.#nextOffset, openVersions };
  }

  #committableOffset(settling: ReadonlySet<string>): bigint {
    for (const [id, first] of this.#firstOffsets) if (!settling.has(id)) return first;
    return this.#nextOffset;
  }

  #state(settling: ReadonlySet<string>): CommitState {
    const openVersions = [...this.#firstOffsets.keys()].filter(id => !settling.has(id));
    if (this.#nextOffset >= this.#resumeEnd) return { readUpTo: this.#nextOffset, openVersions };
    const open = new Set(openVersions);
    // Stopped again while still reading what an earlier process had read: versions that were open then and whose chunks
    // are not reached yet must stay listed, or their chunks would be taken for finished ones next time and be lost.
    for (const id of this.#unfinished ?? []) if (!settling.has(id)) open.add(id);
    return this.#unfinished === undefined
      ? { readUpTo: this.#nextOffset, openVersions: [...open] }
      : { readUpTo: this.#resumeEnd, openVersions: [...open] };
  }
}
