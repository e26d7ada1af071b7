import { errorCodes } from '../protocol/error-codes.js';
import { type ResponseWriter } from '../protocol/writer.js';
import { type Partition } from '../topics/partition.js';
import { type Api } from './api.js';
import { unknownTopicCode } from './unknown-topic-code.js';

/** Shows the idempotent producers of partitions, and where their open transactions start. */
export const describeProducers: Api = {
  key: 61,
  name: 'DescribeProducers',
  versions: [0, 0],
  flexibleFrom: 0,
  handle({ body, response, broker }) {
    const topics = body.structs(() => ({
      name: body.string('topic'),
      indexes: body.array(() => body.int32()),
    }));
    response.int32(0);
    response.structs(topics, ({ name, indexes }) => {
      const topic = broker.topics.get(name);
      const unknown = unknownTopicCode(name);
      response.string(name);
      response.structs(indexes, index => {
        const partition = topic?.partition(index);
        const code = partition === undefined ? unknown : errorCodes.NONE;
        response.int32(index).errorCode(code).string(null);
        writeProducers(response, partition);
      });
    });
    return 'respond';
  },
};

function writeProducers(response: ResponseWriter, partition: Partition | undefined): void {
  response.structs(partition?.producers.all() ?? [], producer => {
    const { producerId, epoch, lastSequence, lastTimestamp, coordinatorEpoch } = producer;
    response.int64(producerId).int32(epoch).int32(lastSequence).int64(lastTimestamp).int32(coordinatorEpoch);
    response.int64(partition?.log.transactions.firstOffsetOf(producerId) ?? -1n);
  });
}
