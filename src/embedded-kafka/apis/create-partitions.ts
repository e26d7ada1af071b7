import { type Broker } from '../broker.js';
import { errorCodes, type ErrorCode } from '../protocol/error-codes.js';
import { maxPartitions } from '../topics/topic-store.js';
import { type Api } from './api.js';

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
      body.nullableStructs(() => body.array(() => body.int32())); // brokers of the new partitions
      return { name, count };
    });
    body.int32(); // timeout
    const isDryRun = body.boolean();
    response.int32(0);
    response.structs(wanted, ({ name, count }) => {
      const [code, message] = grow(broker, name, count, isDryRun);
      response.string(name).errorCode(code).string(message);
    });
    return 'respond';
  },
};

function grow(broker: Broker, name: string, count: number, isDryRun: boolean): [ErrorCode, string | null] {
  const topic = broker.topics.get(name);
  if (topic === undefined) {
    return [errorCodes.UNKNOWN_TOPIC_OR_PARTITION, 'This server does not host this topic-partition.'];
  }
  const present = topic.partitions.length;
  if (count <= present || count > maxPartitions) {
    return [
      errorCodes.INVALID_PARTITIONS,
      `The topic '${name}' currently has ${present} partition(s); ${count} would not be an increase within the limit.`,
    ];
  }
  if (!isDryRun) topic.growTo(count);
  return [errorCodes.NONE, null];
}
