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
    if (version >= 1) response.int32(0);
    response.errorCode(broker.groups.heartbeat(groupId, memberId, generationId, groupInstanceId));
    return 'respond';
  },
};
