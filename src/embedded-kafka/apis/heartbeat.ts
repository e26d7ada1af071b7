import { errorCodes } from '../protocol/error-codes.js';
import { type Api } from './api.js';

/** Keeps a member in its group. */
export const heartbeat: Api = {
  key: 12,
  name: 'Heartbeat',
  versions: [0, 4],
  flexibleFrom: 4,
  handle({ version, body, response, broker }) {
    const groupId = body.string('group');
    const generationId = body.int32();
    const memberId = body.string();
    const groupInstanceId = version >= 3 ? body.nullableString() : null;
    const group = broker.groups.get(groupId);
    const unknown = groupId === '' ? errorCodes.INVALID_GROUP_ID : errorCodes.UNKNOWN_MEMBER_ID;
    if (version >= 1) response.int32(0);
    response.errorCode(group?.heartbeat(memberId, generationId, groupInstanceId) ?? unknown);
    return 'respond';
  },
};
