import { type Broker } from '../broker.js';
import { errorCodes, type ErrorCode } from '../protocol/error-codes.js';
import { type TransactionalProducer } from '../transactions/transaction-coordinator.js';
import { type TransactionPartition } from '../transactions/transaction.js';
import { type Api } from './api.js';
import { fencedSince, readTransactionalProducer } from './transactional-request.js';

/** Adds partitions to a transaction, all or none of them. */
export const addPartitionsToTxn: Api = {
  key: 24,
  name: 'AddPartitionsToTxn',
  versions: [0, 3],
  flexibleFrom: 3,
  handle({ version, body, response, broker }) {
    const producer = readTransactionalProducer(body);
    const topics = body.structs(() => ({
      topic: body.string('topic'),
      partitions: body.array(() => body.int32()),
    }));
    const all = topics.flatMap(({ topic, partitions }) =>
      partitions.map(partition => ({ topic, partition })),
    );
    const codeOf = add(broker, producer, all);
    response.int32(0);
    response.structs(topics, ({ topic, partitions }) => {
      response.string(topic);
      response.structs(partitions, partition => {
        response.int32(partition).errorCode(fencedSince(2, version, codeOf({ topic, partition })));
      });
    });
    return 'respond';
  },
};

function add(
  broker: Broker,
  producer: TransactionalProducer,
  all: readonly TransactionPartition[],
): (added: TransactionPartition) => ErrorCode {
  const isKnown = ({ topic, partition }: TransactionPartition): boolean =>
    broker.topics.get(topic)?.partition(partition) !== undefined;
  if (all.every(isKnown)) {
    const code = broker.transactions.addPartitions(producer, all);
    return () => code;
  }
  return added =>
    isKnown(added) ? errorCodes.OPERATION_NOT_ATTEMPTED : errorCodes.UNKNOWN_TOPIC_OR_PARTITION;
}
