import { setTimeout as delay } from 'node:timers/promises';
import type { OffsetToCommit } from '../driver.js';
import { findCoordinatorAgain } from './find-coordinator-again.js';
import { judgeKafkaError, toBrokerError } from './judge-kafka-error.js';
import type { OffsetManager } from './kafkajs-internals.js';

const attempts = 6;
const firstBackoffMs = 100;

/**
 * Commits with the member id and generation of `manager`, so that the broker refuses it when they are outdated.
 *
 * Not `consumer.commitOffsets`: that resolves without having sent anything while kafkajs joins or stops, takes the
 * newest generation instead of the one the records belong to, and overwrites kafkajs's cache of start positions.
 *
 * @param isCurrent asked before each attempt
 * @throws {BrokerError} retriable unless the broker refuses such a commit for good
 */
export async function commitOffsets(
  manager: OffsetManager,
  topic: string,
  offsets: readonly OffsetToCommit[],
  isCurrent: () => boolean,
): Promise<'committed' | 'stale'> {
  const { groupId, memberId, generationId } = manager;
  const partitions = offsets.map(({ partition, offset, metadata }) => ({
    partition,
    offset: offset.toString(),
    metadata,
  }));
  for (let attempt = 1; ; attempt += 1) {
    if (!isCurrent()) return 'stale';
    try {
      const coordinator = await manager.getCoordinator();
      await coordinator.offsetCommit({
        groupId,
        memberId,
        groupGenerationId: generationId,
        topics: [{ topic, partitions }],
      });
      return 'committed';
    } catch (error) {
      const { kind } = judgeKafkaError(error);
      if (kind === 'stale' || !isCurrent()) return 'stale';
      if (kind === 'refused' || kind === 'forbidden' || attempt === attempts)
        throw toBrokerError(`cannot commit offsets of group ${groupId}`, error);
    }
    await delay(firstBackoffMs * 2 ** (attempt - 1));
    await findCoordinatorAgain(manager);
  }
}
