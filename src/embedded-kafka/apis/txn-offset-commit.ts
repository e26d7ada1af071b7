import { type Broker } from '../broker.js';
import { type Group } from '../groups/group.js';
import { errorCodes, type ErrorCode } from '../protocol/error-codes.js';
import { type TransactionalProducer } from '../transactions/transaction-coordinator.js';
import { type Api } from './api.js';
import { checkOffset, hasKnownPartition, readOffset } from './commit-offset.js';

interface GroupMember {
  readonly groupId: string;
  readonly generationId: number;
  readonly memberId: string;
  readonly groupInstanceId: string | null;
}

/** Stores offsets for a group that become visible when the producer's transaction is committed. */
export const txnOffsetCommit: Api = {
  key: 28,
  name: 'TxnOffsetCommit',
  versions: [0, 3],
  flexibleFrom: 3,
  handle({ version, body, response, broker }) {
    const transactionalId = body.string('transactional-id');
    const groupId = body.string('group');
    const producer = { transactionalId, producerId: body.int64(), producerEpoch: body.int16() };
    const generationId = version >= 3 ? body.int32() : -1;
    const memberId = version >= 3 ? body.string() : '';
    const groupInstanceId = version >= 3 ? body.nullableString() : null;
    const topics = body.structs(() => ({
      name: body.string('topic'),
      partitions: body.structs(() => readOffset(body, version >= 2)),
    }));
    const group = hasKnownPartition(broker, topics)
      ? groupFor(broker, producer, { groupId, generationId, memberId, groupInstanceId })
      : errorCodes.UNKNOWN_TOPIC_OR_PARTITION;
    response.int32(0);
    response.structs(topics, ({ name, partitions }) => {
      response.string(name);
      response.structs(partitions, ({ index, committed }) => {
        const refusal = checkOffset(broker, name, index, committed);
        const isUnknown = refusal === errorCodes.UNKNOWN_TOPIC_OR_PARTITION;
        const code = typeof group === 'number' && !isUnknown ? group : refusal;
        response.int32(index).errorCode(code);
        if (typeof group === 'number' || code !== errorCodes.NONE) return;
        group.pendingOffsets.set(producer.producerId, name, index, committed);
      });
    });
    return 'respond';
  },
};

function groupFor(
  broker: Broker,
  producer: TransactionalProducer,
  { groupId, generationId, memberId, groupInstanceId }: GroupMember,
): Group | ErrorCode {
  if (groupId === '') return errorCodes.INVALID_GROUP_ID;
  const refusal = broker.transactions.checkGroup(producer, groupId);
  // The markers of the transaction before are still being written: the client shall come again.
  if (refusal === errorCodes.CONCURRENT_TRANSACTIONS) return errorCodes.COORDINATOR_NOT_AVAILABLE;
  if (refusal !== errorCodes.NONE) return refusal;
  return broker.groups.forTransactionalCommit(groupId, memberId, generationId, groupInstanceId);
}
