import { type Broker } from '../broker.js';
import { errorCodes, type ErrorCode } from '../protocol/error-codes.js';
import { type ProducerIdentity } from '../transactions/transaction.js';
import { type Api } from './api.js';
import { fencedSince } from './transactional-request.js';

const nobody: ProducerIdentity = { producerId: -1n, producerEpoch: -1 };

/** Gives an idempotent producer its id, and a transactional one its epoch, which fences the producer before it. */
export const initProducerId: Api = {
  key: 22,
  name: 'InitProducerId',
  versions: [0, 4],
  flexibleFrom: 2,
  handle({ version, body, response, broker }) {
    const transactionalId = body.nullableString('transactional-id');
    const timeoutMs = body.int32();
    const former = version >= 3 ? { producerId: body.int64(), producerEpoch: body.int16() } : nobody;
    const result = init(broker, transactionalId, timeoutMs, former);
    const isRefused = typeof result === 'number';
    const { producerId, producerEpoch } = isRefused ? nobody : result;
    response.int32(0).errorCode(isRefused ? fencedSince(4, version, result) : errorCodes.NONE);
    response.int64(producerId).int16(producerEpoch);
    return 'respond';
  },
};

function init(
  broker: Broker,
  transactionalId: string | null,
  timeoutMs: number,
  { producerId, producerEpoch }: ProducerIdentity,
): ProducerIdentity | ErrorCode {
  if ((producerId === -1n) !== (producerEpoch === -1)) return errorCodes.INVALID_REQUEST;
  if (transactionalId === null) return { producerId: broker.newProducerId(), producerEpoch: 0 };
  const former = producerId === -1n ? undefined : { producerId, producerEpoch };
  return broker.transactions.init({ transactionalId, timeoutMs, former });
}
