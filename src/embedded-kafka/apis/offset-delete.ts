import { type Broker } from '../broker.js';
import { type Group } from '../groups/group.js';
import { errorCodes, type ErrorCode } from '../protocol/error-codes.js';
import { type Api } from './api.js';

/** Forgets committed offsets of a group, of topics that no member of it reads. */
export const offsetDelete: Api = {
  key: 47,
  name: 'OffsetDelete',
  versions: [0, 0],
  flexibleFrom: Infinity,
  handle({ body, response, broker }) {
    const group = broker.groups.forOffsetDelete(body.string('group'));
    const topics = body.structs(() => ({
      name: body.string('topic'),
      partitions: body.structs(() => body.int32()),
    }));
    response.errorCode(typeof group === 'number' ? group : errorCodes.NONE).int32(0);
    response.structs(typeof group === 'number' ? [] : topics, ({ name, partitions }) => {
      response.string(name);
      response.structs(partitions, index => {
        const code = typeof group === 'number' ? group : deleteOffset(broker, group, name, index);
        response.int32(index).errorCode(code);
      });
    });
    return 'respond';
  },
};

function deleteOffset(broker: Broker, group: Group, topic: string, index: number): ErrorCode {
  if (broker.topics.get(topic)?.partition(index) === undefined) return errorCodes.UNKNOWN_TOPIC_OR_PARTITION;
  if (group.isSubscribedTo(topic)) return errorCodes.GROUP_SUBSCRIBED_TO_TOPIC;
  group.offsets.delete(topic, index);
  group.pendingOffsets.delete(topic, index);
  return errorCodes.NONE;
}
