import { type Api } from './api.js';
import { fencedSince, readTransactionalProducer } from './transactional-request.js';

/** Commits or aborts a transaction. */
export const endTxn: Api = {
  key: 26,
  name: 'EndTxn',
  versions: [0, 3],
  flexibleFrom: 3,
  handle({ version, body, response, broker }) {
    const producer = readTransactionalProducer(body);
    const code = broker.transactions.end(producer, body.boolean() ? 'commit' : 'abort');
    response.int32(0).errorCode(fencedSince(2, version, code));
    return 'respond';
  },
};
