import { errorCodes } from '../protocol/error-codes.js';
import { type Api } from './api.js';

/**
 * Refuses members of the newer group protocol (KIP-848), as Kafka does where it is switched off (`group.version` 0): clients
 * then end with an error that says so. Without this request in the broker's list some of them would wait for ever.
 */
export const consumerGroupHeartbeat: Api = {
  key: 68,
  name: 'ConsumerGroupHeartbeat',
  versions: [0, 1],
  flexibleFrom: 0,
  handle({ body, response }) {
    body.string('group'); // the rest does not matter
    const noAssignment = -1;
    response.int32(0).errorCode(errorCodes.UNSUPPORTED_VERSION).string(null);
    response.string(null).int32(0).int32(0).int8(noAssignment);
    return 'respond';
  },
};
