interface NamedPartitions<P> {
  readonly name: string;
  readonly partitions: readonly P[];
}

export interface MergedTopic<P> {
  readonly name: string;
  /** The last one of each index. */
  readonly partitions: readonly P[];
  readonly repeatedIndexes: ReadonlySet<number>;
}

/**
 * Each topic and each of its partitions once, however often a request names them, as Kafka answers: it keeps them in a map. A topic
 * without partitions is not in the answer.
 */
export function mergeTopics<P extends { readonly index: number }>(
  topics: readonly NamedPartitions<P>[],
): MergedTopic<P>[] {
  const merged = new Map<string, { partitions: Map<number, P>; repeatedIndexes: Set<number> }>();
  for (const { name, partitions } of topics) {
    for (const partition of partitions) {
      const topic = merged.get(name) ?? { partitions: new Map<number, P>(), repeatedIndexes: new Set() };
      merged.set(name, topic);
      if (topic.partitions.has(partition.index)) topic.repeatedIndexes.add(partition.index);
      topic.partitions.set(partition.index, partition);
    }
  }
  return [...merged].map(([name, { partitions, repeatedIndexes }]) => {
    return { name, partitions: [...partitions.values()], repeatedIndexes };
  });
}
