import { type Group } from '../groups/group.js';
import { errorCodes } from '../protocol/error-codes.js';
import { type ResponseWriter } from '../protocol/writer.js';
import { allowedOperations } from './allowed-operations.js';
import { type Api } from './api.js';

/** Shows state and members of groups; a group that does not exist is `Dead`, and an error from version 6. */
export const describeGroups: Api = {
  key: 15,
  name: 'DescribeGroups',
  versions: [0, 6],
  flexibleFrom: 5,
  handle({ version, body, response, broker }) {
    const groupIds = body.array(() => body.string('group'));
    const isAllowedAsked = version >= 3 && body.boolean();
    if (version >= 1) response.int32(0);
    response.structs(groupIds, groupId => {
      const group = broker.groups.get(groupId);
      const isStable = group?.state === 'Stable';
      const isMissing = group === undefined && version >= 6;
      response.errorCode(isMissing ? errorCodes.GROUP_ID_NOT_FOUND : errorCodes.NONE);
      if (version >= 6) response.string(isMissing ? `Group ${groupId} not found.` : null);
      response.string(groupId);
      response.string(group?.state ?? 'Dead').string(group?.protocolType ?? '');
      response.string(isStable ? (group.protocol ?? '') : '');
      writeMembers(response, version, group);
      if (version >= 3) response.int32(allowedOperations('group', isAllowedAsked));
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
