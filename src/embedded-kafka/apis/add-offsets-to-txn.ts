import { type Api } from './api.js';
import { fencedSince, readTransactionalProducer } from './transactional-request.js';

/** Adds the offsets of a group to a transaction. */
export const addOffsetsToTxn: Api = {
  key: 25,
  name: 'AddOffsetsToTxn',
  versions: [0, 3],
  flexibleFrom: 3,
  handle({ version, body, response, broker }) {
    const producer = readTransactionalProducer(body);
    const code = broker.transactions.addGroup(producer, body.string('group'));
    response.int32(0).errorCode(fencedSince(2, version, code));
    return 'respond';
  },
};
