import type { Encoder, ProtocolRequest, WireDecoder } from '../kafkajs-internals.js';
import { closed, flexibleProtocol, flexibleRequest, newEncoder, readArray } from './flexible-encoding.js';

const stable = Symbol.for('kafka-reproducer: stable offsets only');

/** Marks the topics of `offsetFetch`: no answer while a transaction is undecided. */
export function stableOnly<T extends readonly object[]>(topics: T): T {
  return Object.assign(topics, { [stable]: true });
}

interface OffsetFetchArguments {
  groupId: string;
  topics: { topic: string; partitions: { partition: number }[] }[] & { [stable]?: boolean };
}

export function offsetFetch({ groupId, topics }: OffsetFetchArguments): ProtocolRequest {
  return flexibleProtocol({
    apiKey: 9,
    apiVersion: 7,
    apiName: 'OffsetFetch',
    encode: () =>
      flexibleRequest()
        .writeUVarIntString(groupId)
        // kafkajs says "all topics" by none; on the wire that is null.
        .writeUVarIntArray(topics.length === 0 ? null : topics.map(encodeTopic))
        .writeBoolean(topics[stable] === true),
    decode: decoder => ({
      responses: readArray(decoder, () => ({
        topic: decoder.readUVarIntString(),
        partitions: readArray(decoder, () => decodePartition(decoder)),
      })),
      errorCode: decoder.readInt16(),
    }),
    errorsOf: ({ errorCode, responses }) => [
      { errorCode },
      ...responses.flatMap(({ partitions }) => partitions),
    ],
  });
}

function encodeTopic({ topic, partitions }: OffsetFetchArguments['topics'][number]): Encoder {
  const numbers = partitions.map(({ partition }) => newEncoder().writeInt32(partition));
  return closed(newEncoder().writeUVarIntString(topic).writeUVarIntArray(numbers));
}

function decodePartition(decoder: WireDecoder) {
  const partition = decoder.readInt32();
  const offset = decoder.readInt64().toString();
  // The leader epoch; kafkajs has no use for it.
  decoder.readInt32();
  return { partition, offset, metadata: decoder.readUVarIntString(), errorCode: decoder.readInt16() };
}
