import { errorCodes } from '../protocol/error-codes.js';
import { type RequestReader } from '../protocol/reader.js';
import { type Api } from './api.js';

/** Takes members out of their group. */
export const leaveGroup: Api = {
  key: 13,
  name: 'LeaveGroup',
  versions: [0, 5],
  flexibleFrom: 4,
  handle({ version, body, response, broker }) {
    const group = broker.groups.get(body.string('group'));
    const leave = (memberId: string, groupInstanceId: string | null = null) =>
      group?.leave(memberId, groupInstanceId) ?? errorCodes.UNKNOWN_MEMBER_ID;
    if (version >= 1) response.int32(0);
    if (version < 3) {
      response.errorCode(leave(body.string()));
      return 'respond';
    }
    const members = body.structs(() => readMember(body, version));
    response.errorCode(errorCodes.NONE);
    response.structs(members, ({ memberId, groupInstanceId }) => {
      response.string(memberId).string(groupInstanceId).errorCode(leave(memberId, groupInstanceId));
    });
    return 'respond';
  },
};

function readMember(body: RequestReader, version: number) {
  const memberId = body.string();
  const groupInstanceId = body.nullableString();
  if (version >= 5) body.nullableString(); // reason
  return { memberId, groupInstanceId };
}
