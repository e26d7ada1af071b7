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
    const groupId = body.string('group');
    const group = broker.groups.get(groupId);
    const refusal = groupId === '' ? errorCodes.INVALID_GROUP_ID : errorCodes.NONE;
    const leave = (memberId: string, groupInstanceId: string | null = null) =>
      group?.leave(memberId, groupInstanceId) ?? errorCodes.UNKNOWN_MEMBER_ID;
    if (version >= 1) response.int32(0);
    if (version < 3) {
      const memberId = body.string();
      response.errorCode(refusal === errorCodes.NONE ? leave(memberId) : refusal);
      return 'respond';
    }
    const members = body.structs(() => readMember(body, version));
    response.errorCode(refusal);
    response.structs(refusal === errorCodes.NONE ? members : [], ({ memberId, groupInstanceId }) => {
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
