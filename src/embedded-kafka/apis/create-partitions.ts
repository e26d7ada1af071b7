import { nodeId, type Broker } from '../broker.js';
import { errorCodes, type ErrorCode } from '../protocol/error-codes.js';
import { maxPartitions } from '../topics/topic-store.js';
import { type Api } from './api.js';
import { namesThatRepeat } from './names-that-repeat.js';

/** Adds partitions to topics; there is no way back. */
export const createPartitions: Api = {
  key: 37,
  name: 'CreatePartitions',
  versions: [0, 3],
  flexibleFrom: 2,
  handle({ body, response, broker }) {
    const wanted = body.structs(() => {
      const name = body.string('topic');
      const count = body.int32();
      const assignments = body.nullableStructs(() => body.array(() => body.int32()));
      return { name, count, assignments };
    });
    body.int32(); // timeout
    const isDryRun = body.boolean();
    response.int32(0);
    const repeated = namesThatRepeat(wanted);
    const distinct = [...new Map(wanted.map(topic => [topic.name, topic])).values()];
    response.structs(distinct, topic => {
      const { name } = topic;
      const [code, message] = repeated.has(name)
        ? [errorCodes.INVALID_REQUEST, 'Duplicate topic in request.']
        : grow(broker, topic, isDryRun);
      response.string(name).errorCode(code).string(message);
    });
    return 'respond';
  },
};

interface WantedPartitions {
  readonly name: string;
  /** New number of all partitions. */
  readonly count: number;
  /** Brokers of each new partition; null to leave that to the broker. */
  readonly assignments: readonly (readonly number[])[] | null;
}

function grow(
  broker: Broker,
  { name, count, assignments }: WantedPartitions,
  isDryRun: boolean,
): [ErrorCode, string | null] {
  const topic = broker.topics.get(name);
  if (topic === undefined) {
    return [errorCodes.UNKNOWN_TOPIC_OR_PARTITION, 'This server does not host this topic-partition.'];
  }
  const present = topic.partitions.length;
  if (count <= present) {
    const message = `The topic ${name} currently has ${present} partition(s); ${count} would not be an increase.`;
    return [errorCodes.INVALID_PARTITIONS, message];
  }
  if (count > maxPartitions) {
    return [errorCodes.INVALID_PARTITIONS, `At most ${maxPartitions} partitions are allowed.`];
  }
  if (assignments !== null && !assignments.every(ids => ids.length === 1 && ids[0] === nodeId)) {
    return [errorCodes.INVALID_REPLICA_ASSIGNMENT, `The only broker is ${nodeId}.`];
  }
  if (assignments !== null && assignments.length !== count - present) {
    const message = `Expected ${count - present} assignments, found ${assignments.length}.`;
    return [errorCodes.INVALID_REPLICA_ASSIGNMENT, message];
  }
  if (!isDryRun) topic.growTo(count);
  return [errorCodes.NONE, null];
}
