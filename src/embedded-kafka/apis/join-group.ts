import { type JoinRequest } from '../groups/member.js';
import { type Api, type ApiRequest, type Outcome } from './api.js';

/** Joins a group; answered when all members have joined. */
export const joinGroup: Api = {
  key: 11,
  name: 'JoinGroup',
  versions: [0, 9],
  flexibleFrom: 6,
  async handle(request): Promise<Outcome> {
    const { version, body, response, broker } = request;
    const groupId = body.string('group');
    const result = await broker.groups.join(groupId, readJoin(request));
    if (version >= 2) response.int32(0);
    response.errorCode(result.code).int32(result.generationId);
    if (version >= 7) response.string(result.protocolType).string(result.protocolName);
    else response.string(result.protocolName ?? '');
    response.string(result.leaderId);
    if (version >= 9) response.boolean(result.skipAssignment);
    response.string(result.memberId);
    response.structs(result.members, member => {
      response.string(member.memberId);
      if (version >= 5) response.string(member.groupInstanceId);
      response.bytes(member.metadata);
    });
    return 'respond';
  },
};

function readJoin({ version, body, clientId, clientHost }: ApiRequest): JoinRequest {
  const sessionTimeoutMs = body.int32();
  const rebalanceTimeoutMs = version >= 1 ? body.int32() : sessionTimeoutMs;
  const memberId = body.string();
  const groupInstanceId = version >= 5 ? body.nullableString() : null;
  const protocolType = body.string();
  const protocols = body.structs(() => ({ name: body.string(), metadata: Buffer.from(body.bytesField()) }));
  return {
    memberId,
    groupInstanceId,
    clientId: clientId ?? '',
    clientHost,
    sessionTimeoutMs,
    rebalanceTimeoutMs,
    protocolType,
    protocols,
    isMemberIdRequired: version >= 4,
    canSkipAssignment: version >= 9,
  };
}
