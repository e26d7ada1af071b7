import { nodeId, type Broker } from '../broker.js';
import { errorCodes, type ErrorCode } from '../protocol/error-codes.js';
import { type Api } from './api.js';

/** Moves partitions to other brokers. There is one broker, so a partition can only stay where it is. */
export const alterPartitionReassignments: Api = {
  key: 45,
  name: 'AlterPartitionReassignments',
  versions: [0, 0],
  flexibleFrom: 0,
  handle({ body, response, broker }) {
    body.int32(); // timeout
    const topics = body.structs(() => ({
      name: body.string('topic'),
      partitions: body.structs(() => ({
        index: body.int32(),
        brokerIds: body.nullableArray(() => body.int32()),
      })),
    }));
    response.int32(0).errorCode(errorCodes.NONE).string(null);
    response.structs(topics, ({ name, partitions }) => {
      response.string(name);
      response.structs(partitions, ({ index, brokerIds }) => {
        const [code, message] = check(broker, name, index, brokerIds);
        response.int32(index).errorCode(code).string(message);
      });
    });
    return 'respond';
  },
};

/** @param brokerIds - null to give up a move that is under way */
function check(
  broker: Broker,
  topic: string,
  index: number,
  brokerIds: readonly number[] | null,
): [ErrorCode, string | null] {
  if (broker.topics.get(topic)?.partition(index) === undefined) {
    return [errorCodes.UNKNOWN_TOPIC_OR_PARTITION, `No partition ${topic}-${index}.`];
  }
  if (brokerIds === null) return [errorCodes.NO_REASSIGNMENT_IN_PROGRESS, null];
  if (brokerIds.length === 1 && brokerIds[0] === nodeId) return [errorCodes.NONE, null];
  return [errorCodes.INVALID_REPLICA_ASSIGNMENT, `The only broker is ${nodeId}.`];
}
