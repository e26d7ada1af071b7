import { type Broker } from '../broker.js';
import { errorCodes, type ErrorCode } from '../protocol/error-codes.js';
import { type BatchHeader } from '../protocol/record-batch.js';
import { type Partition } from '../topics/partition.js';
import { type Topic } from '../topics/topic.js';

/**
 * Says whether a batch may be appended as far as transactions are concerned, by Kafka's rules: the first batch of a
 * transaction only where the partition was added to it, later ones without asking the coordinator again, and no others of
 * that producer until it ends.
 *
 * @param transactionalId - as the Produce request names it
 */
export function checkTransaction(
  { transactions }: Broker,
  topic: Topic,
  { index, log }: Partition,
  header: BatchHeader,
  transactionalId: string | null,
): ErrorCode {
  const { producerId, producerEpoch } = header;
  if (header.isControl) return errorCodes.INVALID_RECORD;
  if (!header.isTransactional) {
    return log.transactions.isOpen(producerId) ? errorCodes.INVALID_TXN_STATE : errorCodes.NONE;
  }
  if (transactionalId === null) return errorCodes.TRANSACTIONAL_ID_AUTHORIZATION_FAILED;
  if (log.transactions.isOpenIn(producerId, producerEpoch)) return errorCodes.NONE;
  const producer = { transactionalId, producerId, producerEpoch };
  const code = transactions.checkPartition(producer, topic.name, index);
  // Markers of the transaction before are still being written. Clients repeat a batch that met this error.
  return code === errorCodes.CONCURRENT_TRANSACTIONS ? errorCodes.NOT_ENOUGH_REPLICAS : code;
}
