import type { Assignment, CommittedOffset, OffsetToCommit } from '../kafka/driver.js';
import { otherMetadata } from '../offsets/commit-metadata.js';
import { PartitionOffsets } from '../offsets/partition-offsets.js';

interface OwnedPartition {
  /** Undefined until the committed offset was read or, without one and without a start, the first record came. */
  offsets: PartitionOffsets | undefined;
  committedOffsetKnown: boolean;
  lastCommitted: OffsetToCommit | undefined;
}

interface ChangesOptions {
  readonly which?: 'changed' | 'all';
  readonly canReadAgain?: boolean;
}

/** The partitions of the topic that this member owns in the present generation, and their positions. */
export class OwnedPartitions {
  readonly #topic: string;
  readonly #owned = new Map<number, OwnedPartition>();
  #epoch = -1;

  constructor(topic: string) {
    this.#topic = topic;
  }

  get epoch(): number {
    return this.#epoch;
  }

  get numbers(): number[] {
    return [...this.#owned.keys()];
  }

  get hasAssignment(): boolean {
    return this.#epoch >= 0;
  }

  /**
   * A generation begins.
   * @returns the partitions whose state cannot go on: they are lost, or came back after a generation was missed
   */
  assign(assignment: Assignment): number[] {
    const broken = [...assignment.lost, ...assignment.added].filter(partition => this.#owned.has(partition));
    this.#epoch = assignment.epoch;
    for (const partition of assignment.lost) this.#owned.delete(partition);
    for (const partition of assignment.added) {
      this.#owned.set(partition, {
        offsets: undefined,
        committedOffsetKnown: false,
        lastCommitted: undefined,
      });
    }
    return broken;
  }

  /** Forgets the positions of owned partitions, so that they start from the committed offsets again. */
  restart(partitions: Iterable<number>): void {
    for (const partition of partitions) {
      if (!this.#owned.has(partition)) continue;
      this.#owned.set(partition, {
        offsets: undefined,
        committedOffsetKnown: false,
        lastCommitted: undefined,
      });
    }
  }

  /**
   * Without a committed offset and with a start the partition begins there, and has that to commit.
   *
   * @returns the partition's offsets when this call made them; undefined when they were known or there is no committed offset
   */
  takeCommitted(committed: CommittedOffset): PartitionOffsets | undefined {
    const owned = this.#owned.get(committed.partition);
    if (owned === undefined || owned.committedOffsetKnown) return undefined;
    owned.committedOffsetKnown = true;
    if (committed.offset === null) {
      if (committed.startOffset !== undefined)
        this.#begin(owned, committed.partition, committed.startOffset, null);
      return undefined;
    }
    return this.#begin(owned, committed.partition, committed.offset, committed.metadata);
  }

  /** The offsets of an owned partition, made now if its first record is the first thing known of it. */
  offsetsAt(partition: number, firstOffset: bigint): PartitionOffsets | undefined {
    const owned = this.#owned.get(partition);
    if (owned === undefined) return undefined;
    return owned.offsets ?? this.#begin(owned, partition, firstOffset, null);
  }

  /** The broker moved the position back, e.g. because the topic was made anew: what was known no longer holds. */
  restartAt(partition: number, offset: bigint): PartitionOffsets {
    const owned = this.#owned.get(partition)!;
    const openVersions = owned.offsets?.openVersions ?? [];
    const offsets = this.#begin(owned, partition, offset, null);
    // Their chunks may come again, and are then taken for copies of chunks that are held: what has no outcome must go on
    // holding the partition back, at the latest from here.
    for (const id of openVersions) offsets.hold(id, offset);
    return offsets;
  }

  positionOf(partition: number): bigint | null {
    return this.#owned.get(partition)?.offsets?.nextOffset ?? null;
  }

  /** A record that is given up, at an offset that may have been passed, holds its partition back until `settle`. */
  hold(partition: number, id: string, offset: bigint): void {
    const offsets = this.#owned.get(partition)?.offsets;
    if (offsets === undefined) return;
    if (offset >= offsets.nextOffset) offsets.hold(id, offset);
    else offsets.holdAgain(id, offset);
  }

  settle(versionId: string): void {
    for (const { offsets } of this.#owned.values()) offsets?.settle(versionId);
  }

  /** The version was settled for good up to these chunks, which came later. */
  holdAgain(
    versionId: string,
    chunks: readonly { readonly partition: number; readonly offset: bigint }[],
  ): void {
    const inOrder = [...chunks].sort((a, b) => Number(a.offset - b.offset));
    for (const [partition, { offsets }] of this.#owned) {
      const first = inOrder.find(chunk => chunk.partition === partition);
      if (first !== undefined) offsets?.holdAgain(versionId, first.offset);
    }
  }

  /** Records of it came, so that its committed offset was looked at. */
  assumeKnown(partition: number): void {
    const owned = this.#owned.get(partition);
    if (owned !== undefined) owned.committedOffsetKnown = true;
  }

  /** Whether all committed offsets are known. */
  get areOffsetsKnown(): boolean {
    return [...this.#owned.values()].every(({ committedOffsetKnown }) => committedOffsetKnown);
  }

  /** The open versions of each partition, those with the lowest offsets first. */
  get openVersions(): ReadonlyMap<number, readonly string[]> {
    return new Map(
      [...this.#owned].map(([partition, { offsets }]) => [partition, offsets?.openVersions ?? []]),
    );
  }

  /** Open versions of the partition that has most of them. */
  get mostOpenVersions(): number {
    let most = 0;
    for (const { offsets } of this.#owned.values()) most = Math.max(most, offsets?.openCount ?? 0);
    return most;
  }

  release(versionId: string): void {
    for (const { offsets } of this.#owned.values()) offsets?.release(versionId);
  }

  /** Whether every record that an earlier process had read was passed. */
  get isPastResumeEnd(): boolean {
    for (const { offsets, committedOffsetKnown } of this.#owned.values()) {
      if (offsets === undefined ? !committedOffsetKnown : offsets.nextOffset < offsets.resumeEnd)
        return false;
    }
    return true;
  }

  /**
   * What changed since it was committed last. All of it must go into one request: a version spans partitions, and half
   * of its change committed would make a restart wait for chunks it then takes for finished ones. So there is nothing to
   * commit while one of the partitions has more open versions than a commit can name (`overflowed`). At-least-once: what was
   * done since the last commit is then done again after a crash, with the same result ids. Exactly-once: results wait. Not so
   * where finished versions are recognised when they are read again.
   *
   * @param settling ids of versions that this very commit settles
   */
  changes(
    settling: ReadonlySet<string> = new Set(),
    { which = 'changed', canReadAgain = false }: ChangesOptions = {},
  ): { offsets: OffsetToCommit[]; overflowed: { partition: number; openCount: number }[] } {
    const offsets: OffsetToCommit[] = [];
    const overflowed: { partition: number; openCount: number }[] = [];
    for (const [partition, owned] of this.#owned) {
      if (owned.offsets === undefined) continue;
      const state = owned.offsets.committable(settling, { canReadAgain });
      const last = owned.lastCommitted;
      const next = { partition, offset: state.offset, metadata: state.metadata };
      const isSame = last !== undefined && saysTheSame(this.#topic, last, next);
      if (isSame && which === 'changed') continue;
      // Who does not hear whether a transaction was committed reads it off what is committed, which must not be what was there before.
      offsets.push(isSame ? inOtherWords(this.#topic, last) : next);
      if (state.overflowed) overflowed.push({ partition, openCount: owned.offsets.openCount });
    }
    return { offsets: overflowed.length === 0 ? offsets : [], overflowed };
  }

  markCommitted(offsets: readonly OffsetToCommit[]): void {
    for (const committed of offsets) {
      const owned = this.#owned.get(committed.partition);
      if (owned !== undefined) owned.lastCommitted = committed;
    }
  }

  /**
   * Records not read yet.
   *
   * @param endOffsets where the partitions end; those without any record are left out
   * @param startsAtBeginning whether a partition of which nothing is known yet will be read from its beginning
   */
  lag(endOffsets: ReadonlyMap<number, bigint>, startsAtBeginning: boolean): bigint {
    let lag = 0n;
    for (const [partition, end] of endOffsets) {
      const owned = this.#owned.get(partition);
      if (owned === undefined || (owned.offsets === undefined && !startsAtBeginning)) continue;
      const next = owned.offsets?.nextOffset ?? 0n;
      if (end > next) lag += end - next;
    }
    return lag;
  }

  #begin(
    owned: OwnedPartition,
    partition: number,
    offset: bigint,
    metadata: string | null,
  ): PartitionOffsets {
    owned.offsets = new PartitionOffsets({ topic: this.#topic, partition, offset }, metadata);
    owned.lastCommitted = metadata === null ? undefined : { partition, offset, metadata };
    return owned.offsets;
  }
}

function saysTheSame(topic: string, last: OffsetToCommit, next: OffsetToCommit): boolean {
  if (last.offset !== next.offset) return false;
  return last.metadata === next.metadata || last.metadata === inOtherWords(topic, next).metadata;
}

function inOtherWords(topic: string, { partition, offset, metadata }: OffsetToCommit): OffsetToCommit {
  return { partition, offset, metadata: otherMetadata({ topic, partition, offset }, metadata) };
}
