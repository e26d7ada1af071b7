import type { ProtocolRequest } from '../kafkajs-internals.js';
import {
  closed,
  flexibleRequest,
  flexibleResponse,
  newEncoder,
  readArray,
  throwIfFailed,
} from './flexible-encoding.js';

const stable = Symbol('stable offsets only');

/** Marks the topics of `offsetFetch`: no answer while a transaction is undecided. */
export function stableOnly<T extends readonly object[]>(topics: T): T {
  return Object.assign(topics, { [stable]: true });
}

interface OffsetFetchArguments {
  groupId: string;
  topics: { topic: string; partitions: { partition: number }[] }[] & { [stable]?: boolean };
}

export function offsetFetch({ groupId, topics }: OffsetFetchArguments): ProtocolRequest {
  const encode = () =>
    flexibleRequest()
      .writeUVarIntString(groupId)
      // kafkajs says "all topics" by none; on the wire that is null.
      .writeUVarIntArray(
        topics.length === 0
          ? null
          : topics.map(({ topic, partitions }) =>
              closed(
                newEncoder()
                  .writeUVarIntString(topic)
                  .writeUVarIntArray(partitions.map(({ partition }) => newEncoder().writeInt32(partition))),
              ),
            ),
      )
      .writeBoolean(topics[stable] === true);
  return {
    request: {
      apiKey: 9,
      apiVersion: 7,
      apiName: 'OffsetFetch',
      encode: () => Promise.resolve(closed(encode())),
    },
    response: {
      decode: raw => {
        const decoder = flexibleResponse(raw);
        const throttleTime = decoder.readInt32();
        const responses = readArray(decoder, () => ({
          topic: decoder.readUVarIntString(),
          partitions: readArray(decoder, () => {
            const partition = decoder.readInt32();
            const offset = decoder.readInt64().toString();
            // The leader epoch; kafkajs has no use for it.
            decoder.readInt32();
            return {
              partition,
              offset,
              metadata: decoder.readUVarIntString(),
              errorCode: decoder.readInt16(),
            };
          }),
        }));
        const errorCode = decoder.readInt16();
        return Promise.resolve({
          throttleTime: 0,
          clientSideThrottleTime: throttleTime,
          responses,
          errorCode,
        });
      },
      parse: data => {
        const { errorCode, responses } = data as {
          errorCode: number;
          responses: { partitions: { errorCode: number }[] }[];
        };
        throwIfFailed({ errorCode });
        responses.flatMap(({ partitions }) => partitions).forEach(throwIfFailed);
        return Promise.resolve(data);
      },
    },
  };
}
