import { internals, type Encoder, type ProtocolRequest, type WireDecoder } from './kafkajs-internals.js';

/**
 * Two requests that kafkajs 2.2.4 speaks only in versions from before KIP-447, added to its request table.
 *
 * - TxnOffsetCommit 3 names the member and its generation, so that the broker refuses offsets of a process whose
 *   partitions were taken over meanwhile. Without them a paused process that goes on moves the group's offsets back, and
 *   its results are there twice.
 * - OffsetFetch 7 can ask for stable offsets: while a transaction that moves them is undecided, the broker answers
 *   "not yet" (which kafkajs repeats) and not the offsets from before it.
 *
 * Sources: KIP-447; field order from Apache Kafka's TxnOffsetCommitRequest.json and OffsetFetchRequest.json.
 * What is special about a request travels as a symbol on its `topics` array, which kafkajs passes on untouched; other
 * kafkajs clients of the process send what they did before.
 */
export const neededVersions = [
  { name: 'TxnOffsetCommit', apiKey: 28, version: 3 },
  { name: 'OffsetFetch', apiKey: 9, version: 7 },
] as const;

/** Who commits, as the broker knows it. */
export interface FencedMember {
  readonly memberId: string;
  readonly generationId: number;
}

const member = Symbol('group member');
const stable = Symbol('stable offsets only');

/** Marks the topics of `sendOffsets`: the broker takes them only from this member in this generation. */
export function withMember<T extends readonly object[]>(topics: T, of: FencedMember): T {
  return Object.assign(topics, { [member]: of });
}

/** Marks the topics of `offsetFetch`: no answer while a transaction is undecided. */
export function stableOnly<T extends readonly object[]>(topics: T): T {
  return Object.assign(topics, { [stable]: true });
}

let isPatched = false;

/** Adds both requests, once. `checkKafkajs` must have passed: it compares what is used here. */
export function patchGroupFencing(): void {
  const { requests } = internals;
  if (isPatched || requests === undefined) return;
  isPatched = true;
  extend('TxnOffsetCommit', 3, txnOffsetCommit);
  extend('OffsetFetch', 7, offsetFetch);
}

function extend(
  name: 'TxnOffsetCommit' | 'OffsetFetch',
  version: number,
  make: (args: never) => ProtocolRequest,
): void {
  const requests = internals.requests!;
  const original = requests[name]!;
  requests[name] = {
    versions: [...original.versions, String(version)],
    protocol: asked => (asked.version === version ? make : original.protocol(asked)),
  };
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

function txnOffsetCommit(args: TxnOffsetCommitArguments): ProtocolRequest {
  const { memberId, generationId } = args.topics[member] ?? { memberId: '', generationId: -1 };
  const encode = () =>
    flexibleRequest()
      .writeUVarIntString(args.transactionalId)
      .writeUVarIntString(args.groupId)
      .writeInt64(args.producerId)
      .writeInt16(args.producerEpoch)
      .writeInt32(generationId)
      .writeUVarIntString(memberId)
      // No static membership.
      .writeUVarIntString(null)
      .writeUVarIntArray(
        args.topics.map(({ topic, partitions }) =>
          closed(
            newEncoder()
              .writeUVarIntString(topic)
              .writeUVarIntArray(
                partitions.map(({ partition, offset, metadata }) =>
                  closed(
                    newEncoder()
                      .writeInt32(partition)
                      .writeInt64(offset)
                      // The leader epoch of the record is not known.
                      .writeInt32(-1)
                      .writeUVarIntString(metadata ?? null),
                  ),
                ),
              ),
          ),
        ),
      );
  return {
    request: {
      apiKey: 28,
      apiVersion: 3,
      apiName: 'TxnOffsetCommit',
      encode: () => Promise.resolve(closed(encode())),
    },
    response: {
      decode: raw => {
        const decoder = flexibleResponse(raw);
        const throttleTime = decoder.readInt32();
        const topics = readArray(decoder, () => ({
          topic: decoder.readUVarIntString(),
          partitions: readArray(decoder, () => ({
            partition: decoder.readInt32(),
            errorCode: decoder.readInt16(),
          })),
        }));
        return Promise.resolve({ throttleTime: 0, clientSideThrottleTime: throttleTime, topics });
      },
      parse: data => {
        const { topics } = data as { topics: { partitions: { errorCode: number }[] }[] };
        topics.flatMap(({ partitions }) => partitions).forEach(throwIfFailed);
        return Promise.resolve(data);
      },
    },
  };
}

interface OffsetFetchArguments {
  groupId: string;
  topics: { topic: string; partitions: { partition: number }[] }[] & { [stable]?: boolean };
}

function offsetFetch({ groupId, topics }: OffsetFetchArguments): ProtocolRequest {
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

function newEncoder(): Encoder {
  return new internals.Encoder!();
}

/** kafkajs writes the old request header; the tagged fields at the end of the new one are an empty list, one byte. */
function flexibleRequest(): Encoder {
  return closed(newEncoder());
}

/** Ends a structure: no tagged fields. */
function closed(encoder: Encoder): Encoder {
  return encoder.writeUVarInt(0);
}

/** The new response header has tagged fields as well. */
function flexibleResponse(raw: Buffer): WireDecoder {
  const decoder = new internals.Decoder!(raw);
  decoder.readTaggedFields();
  return decoder;
}

function readArray<T>(decoder: WireDecoder, read: () => T): T[] {
  return (
    decoder.readUVarIntArray(() => {
      const item = read();
      decoder.readTaggedFields();
      return item;
    }) ?? []
  );
}

function throwIfFailed({ errorCode }: { errorCode: number }): void {
  if (errorCode !== 0) throw internals.createErrorFromCode!(errorCode);
}
