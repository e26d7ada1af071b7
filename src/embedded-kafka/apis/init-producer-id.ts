import { errorCodes } from '../protocol/error-codes.js';
import { type Api } from './api.js';

/** Gives an idempotent producer its id. Transactions are not served: asking for one is refused. */
export const initProducerId: Api = {
  key: 22,
  name: 'InitProducerId',
  versions: [0, 4],
  flexibleFrom: 2,
  handle({ body, response, broker }) {
    const transactionalId = body.nullableString('transactional-id');
    response.int32(0);
    if (transactionalId === null) {
      response.errorCode(errorCodes.NONE).int64(broker.newProducerId()).int16(0);
    } else {
      response.errorCode(errorCodes.UNSUPPORTED_VERSION).int64(-1n).int16(-1);
    }
    return 'respond';
  },
};
