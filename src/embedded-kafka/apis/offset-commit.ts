import { type Broker } from '../broker.js';
import { type CommittedOffset } from '../groups/committed-offsets.js';
import { type Group } from '../groups/group.js';
import { errorCodes, type ErrorCode } from '../protocol/error-codes.js';
import { type Api } from './api.js';
import { checkOffset, readOffset } from './commit-offset.js';

/** Stores offsets, with their metadata, for a group. */
export const offsetCommit: Api = {
  key: 8,
  name: 'OffsetCommit',
  versions: [2, 9],
  flexibleFrom: 8,
  handle({ version, body, response, broker }) {
    const groupId = body.string('group');
    const generationId = body.int32();
    const memberId = body.string();
    const groupInstanceId = version >= 7 ? body.nullableString() : null;
    if (version <= 4) body.int64(); // retention time
    const topics = body.structs(() => ({
      name: body.string('topic'),
      partitions: body.structs(() => readOffset(body, version >= 6)),
    }));
    const group = broker.groups.forCommit(groupId, memberId, generationId, groupInstanceId);
    if (version >= 3) response.int32(0);
    response.structs(topics, ({ name, partitions }) => {
      response.string(name);
      response.structs(partitions, ({ index, committed }) => {
        const code = typeof group === 'number' ? group : commit(broker, group, name, index, committed);
        response.int32(index).errorCode(code);
      });
    });
    return 'respond';
  },
};

function commit(
  broker: Broker,
  group: Group,
  topic: string,
  index: number,
  committed: CommittedOffset,
): ErrorCode {
  const code = checkOffset(broker, topic, index, committed);
  if (code === errorCodes.NONE) group.offsets.set(topic, index, committed);
  return code;
}
