import { type Group } from '../groups/group.js';
import { errorCodes } from '../protocol/error-codes.js';
import { type ResponseWriter } from '../protocol/writer.js';
import { type Api } from './api.js';

const operationsUnknown = -2_147_483_648;

/** Shows state and members of groups; a group that does not exist is `Dead`. */
export const describeGroups: Api = {
  key: 15,
  name: 'DescribeGroups',
  versions: [0, 5],
  flexibleFrom: 5,
  handle({ version, body, response, broker }) {
    const groupIds = body.array(() => body.string('group'));
    if (version >= 1) response.int32(0);
    response.structs(groupIds, groupId => {
      const group = broker.groups.get(groupId);
      const isStable = group?.state === 'Stable';
      response.errorCode(errorCodes.NONE).string(groupId);
      response.string(group?.state ?? 'Dead').string(group?.protocolType ?? '');
      response.string(isStable ? (group.protocol ?? '') : '');
      writeMembers(response, version, group);
      if (version >= 3) response.int32(operationsUnknown);
    });
    return 'respond';
  },
};

function writeMembers(response: ResponseWriter, version: number, group: Group | undefined): void {
  const isStable = group?.state === 'Stable';
  response.structs(group?.memberList ?? [], member => {
    response.string(member.id);
    if (version >= 4) response.string(member.request.groupInstanceId);
    response.string(member.request.clientId).string(`/${member.request.clientHost}`);
    response.bytes(member.metadataFor(isStable ? group.protocol : null)).bytes(member.assignment);
  });
}
