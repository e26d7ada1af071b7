import { errorCodes } from '../protocol/error-codes.js';
import { type Api } from './api.js';
import { checkOffset, hasKnownPartition, readOffset } from './commit-offset.js';

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
    const group = hasKnownPartition(broker, topics)
      ? broker.groups.forCommit(groupId, memberId, generationId, groupInstanceId)
      : errorCodes.UNKNOWN_TOPIC_OR_PARTITION;
    // The same condition has a name of its own since version 9.
    const isGroupMissing = broker.groups.get(groupId) === undefined && version >= 9;
    const refusal =
      typeof group !== 'number' ? errorCodes.NONE : isGroupMissing ? errorCodes.GROUP_ID_NOT_FOUND : group;
    if (version >= 3) response.int32(0);
    response.structs(topics, ({ name, partitions }) => {
      response.string(name);
      response.structs(partitions, ({ index, committed }) => {
        const code = checkOffset(broker, name, index, committed);
        const isUnknown = code === errorCodes.UNKNOWN_TOPIC_OR_PARTITION;
        response.int32(index).errorCode(isUnknown || refusal === errorCodes.NONE ? code : refusal);
        if (typeof group !== 'number' && code === errorCodes.NONE) group.offsets.set(name, index, committed);
      });
    });
    return 'respond';
  },
};
