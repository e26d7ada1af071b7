import { type Broker } from '../broker.js';

/**
 * Fences a producer, transactional or not, in every partition that it has written to; the open transaction of a
 * transactional one is aborted.
 *
 * @returns whether anybody knows the producer
 */
export function fenceProducer({ transactions, topics }: Broker, producerId: bigint): boolean {
  const epoch = transactions.fence(producerId);
  const partitions = topics.all().flatMap(topic => topic.partitions);
  const known = partitions.filter(({ producers }) => producers.raiseEpoch(producerId, epoch));
  return epoch !== undefined || known.length > 0;
}
