import { failedSync } from '../groups/group-answers.js';
import { type SyncRequest } from '../groups/member.js';
import { errorCodes } from '../protocol/error-codes.js';
import { type Api, type ApiRequest, type Outcome } from './api.js';

/** Gets a member's assignment; answered when the leader has sent all assignments. */
export const syncGroup: Api = {
  key: 14,
  name: 'SyncGroup',
  versions: [0, 5],
  flexibleFrom: 4,
  async handle(request): Promise<Outcome> {
    const { version, body, response, broker } = request;
    const groupId = body.string('group');
    const sync = readSync(request);
    const isNamed = version < 5 || (sync.protocolType !== null && sync.protocolName !== null);
    const result = isNamed
      ? await broker.groups.sync(groupId, sync)
      : failedSync(errorCodes.INCONSISTENT_GROUP_PROTOCOL);
    if (version >= 1) response.int32(0);
    response.errorCode(result.code);
    if (version >= 5) response.string(result.protocolType).string(result.protocolName);
    response.bytes(result.assignment);
    return 'respond';
  },
};

function readSync({ version, body }: ApiRequest): SyncRequest {
  const generationId = body.int32();
  const memberId = body.string();
  const groupInstanceId = version >= 3 ? body.nullableString() : null;
  const protocolType = version >= 5 ? body.nullableString() : null;
  const protocolName = version >= 5 ? body.nullableString() : null;
  const assignments = body.structs((): [string, Buffer] => [body.string(), Buffer.from(body.bytesField())]);
  return {
    memberId,
    groupInstanceId,
    generationId,
    protocolType,
    protocolName,
    assignments: new Map(assignments),
  };
}
