import { errorCodes } from '../protocol/error-codes.js';
import { type ResponseWriter } from '../protocol/writer.js';
import { type Transaction } from '../transactions/transaction.js';
import { type Api } from './api.js';

/** Shows the state of transactional ids, and what their open transactions touch. */
export const describeTransactions: Api = {
  key: 65,
  name: 'DescribeTransactions',
  versions: [0, 0],
  flexibleFrom: 0,
  handle({ body, response, broker }) {
    const ids = body.array(() => body.string('transactional-id'));
    response.int32(0);
    response.structs(ids, id => {
      const transaction = broker.transactions.get(id);
      const missing = id === '' ? errorCodes.INVALID_REQUEST : errorCodes.TRANSACTIONAL_ID_NOT_FOUND;
      response.errorCode(transaction === undefined ? missing : errorCodes.NONE);
      response.string(id).string(transaction?.state ?? '');
      response.int32(transaction?.timeoutMs ?? 0).int64(BigInt(transaction?.startedMs ?? 0));
      response.int64(transaction?.producerId ?? 0n).int16(transaction?.producerEpoch ?? 0);
      writePartitions(response, transaction);
    });
    return 'respond';
  },
};

function writePartitions(response: ResponseWriter, transaction: Transaction | undefined): void {
  const byTopic = new Map<string, number[]>();
  for (const { topic, partition } of transaction?.partitions.values() ?? []) {
    byTopic.set(topic, [...(byTopic.get(topic) ?? []), partition]);
  }
  response.structs([...byTopic], ([topic, partitions]) => {
    response.string(topic).array(partitions, index => response.int32(index));
  });
}
