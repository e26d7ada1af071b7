import { type GroupCoordinator } from '../groups/group-coordinator.js';
import { type TopicStore } from '../topics/topic-store.js';
import { type Transaction } from './transaction.js';

/**
 * Writes the markers of a transaction whose end is decided, and settles the offsets that it wanted to commit. Topics and
 * groups that are gone by now are left out.
 */
export function endTransaction(
  transaction: Transaction,
  { topics, groups }: { readonly topics: TopicStore; readonly groups: GroupCoordinator },
  timestamp: number,
): void {
  const { producerId, producerEpoch } = transaction;
  const isCommit = transaction.state === 'PrepareCommit';
  const marker = { producerId, producerEpoch, result: isCommit ? 'commit' : 'abort', timestamp } as const;
  for (const { topic, partition } of transaction.partitions.values()) {
    topics.get(topic)?.partition(partition)?.endTransaction(marker);
  }
  for (const groupId of transaction.groups) groups.get(groupId)?.pendingOffsets.end(producerId, isCommit);
  transaction.partitions.clear();
  transaction.groups.clear();
  transaction.state = isCommit ? 'CompleteCommit' : 'CompleteAbort';
}
