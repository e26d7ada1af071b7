import type { Encoder, ProtocolRequest } from '../kafkajs-internals.js';
import { closed, flexibleProtocol, flexibleRequest, newEncoder, readArray } from './flexible-encoding.js';

/** Who commits, as the broker knows it. */
export interface FencedMember {
  readonly memberId: string;
  readonly generationId: number;
}

const member = Symbol.for('kafka-reproducer: group member');

/** Marks the topics of `sendOffsets`: the broker takes them only from this member in this generation. */
export function withMember<T extends readonly object[]>(topics: T, of: FencedMember): T {
  return Object.assign(topics, { [member]: of });
}

/** Whom the topics of `sendOffsets` name; nobody when they are not marked. */
export function memberOf(topics: readonly object[] & { [member]?: FencedMember }): FencedMember {
  return topics[member] ?? { memberId: '', generationId: -1 };
}

interface TxnOffsetCommitArguments {
  transactionalId: string;
  groupId: string;
  producerId: string;
  producerEpoch: number;
  topics: {
    topic: string;
    partitions: { partition: number; offset: string; metadata?: string | null }[];
  }[] & { [member]?: FencedMember };
}

export function txnOffsetCommit(args: TxnOffsetCommitArguments): ProtocolRequest {
  const { memberId, generationId } = memberOf(args.topics);
  return flexibleProtocol({
    apiKey: 28,
    apiVersion: 3,
    apiName: 'TxnOffsetCommit',
    encode: () =>
      flexibleRequest()
        .writeUVarIntString(args.transactionalId)
        .writeUVarIntString(args.groupId)
        .writeInt64(args.producerId)
        .writeInt16(args.producerEpoch)
        .writeInt32(generationId)
        .writeUVarIntString(memberId)
        // No static membership.
        .writeUVarIntString(null)
        .writeUVarIntArray(args.topics.map(encodeTopic)),
    decode: decoder => ({
      topics: readArray(decoder, () => ({
        topic: decoder.readUVarIntString(),
        partitions: readArray(decoder, () => ({
          partition: decoder.readInt32(),
          errorCode: decoder.readInt16(),
        })),
      })),
    }),
    errorsOf: ({ topics }) => topics.flatMap(({ partitions }) => partitions),
  });
}

function encodeTopic({ topic, partitions }: TxnOffsetCommitArguments['topics'][number]): Encoder {
  const offsets = partitions.map(({ partition, offset, metadata }) =>
    closed(
      newEncoder()
        .writeInt32(partition)
        .writeInt64(offset)
        // The leader epoch of the record is not known.
        .writeInt32(-1)
        .writeUVarIntString(metadata ?? null),
    ),
  );
  return closed(newEncoder().writeUVarIntString(topic).writeUVarIntArray(offsets));
}
