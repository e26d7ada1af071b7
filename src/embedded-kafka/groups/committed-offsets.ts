/** What a group committed for one partition. */
export interface CommittedOffset {
  readonly offset: bigint;
  /** -1 when the client gave none. */
  readonly leaderEpoch: number;
  /** Empty when the client gave none. At most as many UTF-16 units as `offset.metadata.max.bytes`. */
  readonly metadata: string;
}

/** A committed offset with its place among all commits of the group. */
interface OrderedOffset {
  readonly committed: CommittedOffset;
  readonly order: number;
}

/** The committed offsets of one group. */
export class CommittedOffsets {
  private readonly byTopic = new Map<string, Map<number, OrderedOffset>>();
  private commitCount = 0;

  /** The place of a commit among all of the group, also of one that becomes visible later. */
  nextOrder(): number {
    return this.commitCount++;
  }

  /** @param order - the place of the commit, if it is not the newest: then one that came after it stays */
  set(topic: string, partition: number, committed: CommittedOffset, order = this.nextOrder()): void {
    let partitions = this.byTopic.get(topic);
    if (partitions === undefined) this.byTopic.set(topic, (partitions = new Map<number, OrderedOffset>()));
    if ((partitions.get(partition)?.order ?? -1) > order) return;
    partitions.set(partition, { committed, order });
  }

  get(topic: string, partition: number): CommittedOffset | undefined {
    return this.byTopic.get(topic)?.get(partition)?.committed;
  }

  /** Everything committed, grouped by topic. */
  topics(): { topic: string; partitions: number[] }[] {
    return [...this.byTopic].map(([topic, partitions]) => ({ topic, partitions: [...partitions.keys()] }));
  }

  delete(topic: string, partition: number): void {
    const partitions = this.byTopic.get(topic);
    partitions?.delete(partition);
    if (partitions?.size === 0) this.byTopic.delete(topic);
  }

  deleteTopic(topic: string): void {
    this.byTopic.delete(topic);
  }
}
