import { errorCodes } from '../protocol/error-codes.js';
import { allowedOperations } from './allowed-operations.js';
import { type Api } from './api.js';

/**
 * Says of every group that it is none of the newer consumer groups (KIP-848), upon which clients describe it as a
 * classic one: they ask for this first.
 */
export const consumerGroupDescribe: Api = {
  key: 69,
  name: 'ConsumerGroupDescribe',
  versions: [0, 1],
  flexibleFrom: 0,
  handle({ body, response, broker }) {
    const groupIds = body.array(() => body.string('group'));
    body.boolean(); // whether to tell the allowed operations
    response.int32(0);
    response.structs(groupIds, id => {
      const isClassic = broker.groups.get(id) !== undefined;
      response.errorCode(id === '' ? errorCodes.INVALID_GROUP_ID : errorCodes.GROUP_ID_NOT_FOUND);
      response.string(
        id === '' ? null : isClassic ? `Group ${id} is not a consumer group.` : `Group ${id} not found.`,
      );
      response.string(id).string('').int32(0).int32(0).string('');
      response.structs([], () => undefined).int32(allowedOperations('group', false));
    });
    return 'respond';
  },
};
