import { type Broker } from '../broker.js';
import { errorCodes } from '../protocol/error-codes.js';
import { type Api } from './api.js';
import { mergeTopics } from './merge-topics.js';

const highWatermark = -1n;

/** Moves the start of partitions forward. */
export const deleteRecords: Api = {
  key: 21,
  name: 'DeleteRecords',
  versions: [0, 2],
  flexibleFrom: 2,
  handle({ body, response, broker }) {
    const topics = body.structs(() => ({
      name: body.string('topic'),
      partitions: body.structs(() => ({ index: body.int32(), offset: body.int64() })),
    }));
    body.int32(); // timeout
    response.int32(0);
    response.structs(mergeTopics(topics), ({ name, partitions }) => {
      response.string(name);
      response.structs(partitions, ({ index, offset }) => {
        const { startOffset, code } = deleteBefore(broker, name, index, offset);
        response.int32(index).int64(startOffset).errorCode(code);
      });
    });
    return 'respond';
  },
};

function deleteBefore(broker: Broker, name: string, index: number, wanted: bigint) {
  const topic = broker.topics.get(name);
  const log = topic?.partition(index)?.log;
  if (topic === undefined || log === undefined)
    return { startOffset: -1n, code: errorCodes.UNKNOWN_TOPIC_OR_PARTITION };
  // A compacted topic is to keep the newest record of each key.
  if (!topic.config.mayDelete) return { startOffset: -1n, code: errorCodes.POLICY_VIOLATION };
  const offset = wanted === highWatermark ? log.endOffset : wanted;
  if (offset < 0n || offset > log.endOffset)
    return { startOffset: -1n, code: errorCodes.OFFSET_OUT_OF_RANGE };
  log.deleteBefore(offset);
  return { startOffset: log.startOffset, code: errorCodes.NONE };
}
