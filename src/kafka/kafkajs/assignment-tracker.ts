import type { Assignment } from '../driver.js';

/** A member's part of one generation. */
export interface Generation {
  readonly memberId: string;
  readonly generationId: number;
  readonly partitions: readonly number[];
}

interface TrackedPartition {
  /** False until the generation's OffsetFetch was answered. */
  isStarted: boolean;
  /** Next offset to deliver; null: not known before the first records. */
  nextOffset: bigint | null;
  readonly isKept: boolean;
}

/**
 * What to do with records that were fetched at some offset.
 * - `drop`: they belong to an earlier generation; their partition is not ours, or is not started yet
 * - `seek`: as well, but kafkajs may now stand at the wrong place: move it to `offset`
 */
export type FetchVerdict =
  | { readonly kind: 'deliver' }
  | { readonly kind: 'drop' }
  | { readonly kind: 'seek'; readonly offset: bigint };

/**
 * Follows one consumer through its generations: what is kept, added and lost, and where each partition stands.
 *
 * "Kept" is only what the same member owned in the generation right before: in a missed generation somebody else may
 * have owned it and committed. A fetch of one broker can be in flight while another broker's fetcher rejoins the
 * group; its answer then arrives in the new generation. Delivering it would hand over records before their committed
 * offset or twice, therefore each fetch must begin exactly where the partition stands.
 */
export class AssignmentTracker {
  #epoch = 0;
  #memberId: string | null = null;
  #generationId = -1;
  #isMember = false;
  #continuousSince = 0;
  #partitions = new Map<number, TrackedPartition>();
  readonly #starts = new Map<number, bigint>();

  get epoch(): number {
    return this.#epoch;
  }

  /** Whether this consumer is, as far as it knows, a member in the generation that `epoch` stands for. */
  isCurrent(epoch: number): boolean {
    return this.#isMember && epoch === this.#epoch;
  }

  /** Whether all that was owned in that epoch has been owned without a break since, so that its state goes on. */
  continues(epoch: number): boolean {
    return this.#isMember && epoch >= this.#continuousSince;
  }

  /** Of this member, or of the last one when it is gone. */
  get memberId(): string | null {
    return this.#memberId;
  }

  /** The generation in which this member has partitions; -1 when it has none. */
  get ownedGeneration(): number {
    return this.#isMember && this.#partitions.size > 0 ? this.#generationId : -1;
  }

  get partitions(): number[] {
    return [...this.#partitions.keys()];
  }

  join({ memberId, generationId, partitions }: Generation): Assignment {
    const isNext = this.#isMember && memberId === this.#memberId && generationId === this.#generationId + 1;
    const before = this.#partitions;
    const kept = isNext ? partitions.filter(partition => before.has(partition)) : [];
    const added = partitions.filter(partition => !kept.includes(partition));
    const lost = [...before.keys()].filter(partition => !partitions.includes(partition));
    this.#epoch += 1;
    if (lost.length > 0 || added.some(partition => before.has(partition)))
      this.#continuousSince = this.#epoch;
    this.#memberId = memberId;
    this.#generationId = generationId;
    this.#isMember = true;
    this.#partitions = new Map(
      partitions.map(partition => [
        partition,
        { isStarted: false, nextOffset: null, isKept: kept.includes(partition) },
      ]),
    );
    return { epoch: this.#epoch, kept, added, lost };
  }

  /** The member is gone: whatever comes next is a new one that keeps nothing. The partitions count as lost then. */
  leave(): void {
    this.#isMember = false;
    for (const partition of this.#partitions.values()) partition.isStarted = false;
  }

  owns(partition: number): boolean {
    return this.#isMember && this.#partitions.has(partition);
  }

  isKept(partition: number): boolean {
    return this.#partitions.get(partition)?.isKept === true;
  }

  isStarted(partition: number): boolean {
    return this.#partitions.get(partition)?.isStarted === true;
  }

  /**
   * Where a partition without committed offset begins: as long as nobody has committed it, where it began first, else what came
   * before the next generation would be passed over.
   */
  startAt(partition: number, end: bigint): bigint {
    const start = this.#starts.get(partition) ?? end;
    this.#starts.set(partition, start);
    return start;
  }

  /** @param nextOffset null: decided by the first records */
  begin(partition: number, nextOffset: bigint | null): void {
    const tracked = this.#partitions.get(partition);
    if (tracked === undefined) return;
    tracked.isStarted = true;
    tracked.nextOffset = nextOffset;
  }

  moveTo(partition: number, nextOffset: bigint): void {
    const tracked = this.#partitions.get(partition);
    if (tracked !== undefined) tracked.nextOffset = nextOffset;
  }

  judgeFetch(partition: number, fetchedOffset: bigint): FetchVerdict {
    const tracked = this.#isMember ? this.#partitions.get(partition) : undefined;
    if (tracked?.isStarted !== true) return { kind: 'drop' };
    if (tracked.nextOffset === null || tracked.nextOffset === fetchedOffset) return { kind: 'deliver' };
    return { kind: 'seek', offset: tracked.nextOffset };
  }
}
