import { type CommittedOffset, type CommittedOffsets } from './committed-offsets.js';

export interface PendingOffset {
  readonly topic: string;
  readonly partition: number;
  readonly committed: CommittedOffset;
  /** Commits of the group that came before it. */
  readonly order: number;
}

/**
 * Offsets of one group that open transactions want to commit: invisible until the transaction ends.
 *
 * As in Kafka, the later of two commits wins by the time of its request, not by the end of its transaction: a plain
 * commit that came after a pending one stays when the transaction is committed.
 */
export class PendingOffsets {
  /** By producer id, then by topic and partition. */
  private readonly byProducer = new Map<bigint, Map<string, PendingOffset>>();

  constructor(private readonly offsets: CommittedOffsets) {}

  set(producerId: bigint, topic: string, partition: number, committed: CommittedOffset): void {
    let pending = this.byProducer.get(producerId);
    if (pending === undefined) this.byProducer.set(producerId, (pending = new Map<string, PendingOffset>()));
    const order = this.offsets.nextOrder();
    pending.set(keyOf(topic, partition), { topic, partition, committed, order });
  }

  /** Whether a transaction that may still commit or abort has an offset for the partition. */
  has(topic: string, partition: number): boolean {
    const key = keyOf(topic, partition);
    return [...this.byProducer.values()].some(pending => pending.has(key));
  }

  /** All that is pending, by transaction. */
  all(): PendingOffset[] {
    return [...this.byProducer.values()].flatMap(pending => [...pending.values()]);
  }

  /** Makes the offsets of a producer's transaction visible, or drops them. */
  end(producerId: bigint, isCommit: boolean): void {
    const pending = this.byProducer.get(producerId);
    this.byProducer.delete(producerId);
    if (!isCommit) return;
    for (const { topic, partition, committed, order } of pending?.values() ?? []) {
      this.offsets.set(topic, partition, committed, order);
    }
  }

  delete(topic: string, partition: number): void {
    for (const pending of this.byProducer.values()) pending.delete(keyOf(topic, partition));
  }

  deleteTopic(topic: string): void {
    for (const pending of this.byProducer.values()) {
      for (const [key, offset] of pending) if (offset.topic === topic) pending.delete(key);
    }
  }
}

function keyOf(topic: string, partition: number): string {
  return `${topic}/${partition}`;
}
