import type { CompiledWorkerOptions } from '../config/worker-options.js';

/**
 * The id of the transactional producer; begins with the group id, so that a right to a prefix can cover it.
 *
 * One for all workers of a group on a topic, for only one of them has partitions at a time: whoever takes over initialises
 * it, which ends at once what a crashed or paused predecessor left undecided, and shuts that one out.
 */
export function transactionalIdOf({
  delivery,
  groupId,
  consumeTopic,
}: Pick<CompiledWorkerOptions, 'delivery' | 'groupId' | 'consumeTopic'>): { transactionalId?: string } {
  return delivery === 'exactly-once' ? { transactionalId: `${groupId}.${consumeTopic}` } : {};
}
