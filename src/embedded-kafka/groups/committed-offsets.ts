/** What a group committed for one partition. */
export interface CommittedOffset {
  readonly offset: bigint;
  /** -1 when the client gave none. */
  readonly leaderEpoch: number;
  /** Empty when the client gave none. At most as many UTF-16 units as `offset.metadata.max.bytes`. */
  readonly metadata: string;
}

/** The committed offsets of one group. */
export class CommittedOffsets {
  private readonly byTopic = new Map<string, Map<number, CommittedOffset>>();

  set(topic: string, partition: number, committed: CommittedOffset): void {
    let partitions = this.byTopic.get(topic);
    if (partitions === undefined) this.byTopic.set(topic, (partitions = new Map<number, CommittedOffset>()));
    partitions.set(partition, committed);
  }

  get(topic: string, partition: number): CommittedOffset | undefined {
    return this.byTopic.get(topic)?.get(partition);
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
