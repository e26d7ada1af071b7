import type { Operation } from '../driver.js';
import type { Cluster, ConnectedBroker, ProtocolRequest, WireDecoder } from './kafkajs-internals.js';
import {
  closed,
  flexibleProtocol,
  flexibleRequest,
  newEncoder,
  readArray,
} from './patches/flexible-encoding.js';

/**
 * What the user may do, as brokers tell it since Kafka 2.4 (KIP-430): two requests in versions that kafkajs 2.2.4 does not speak.
 * They go straight to a connection, and not through its request table, so that nothing changes for other requests.
 *
 * Field order from Apache Kafka's MetadataRequest.json, DescribeGroupsRequest.json and the responses beside them; the numbers of
 * the operations from its AclOperation.java.
 */
const metadata = { apiKey: 3, apiVersion: 9, apiName: 'Metadata' } as const;
const describeGroups = { apiKey: 15, apiVersion: 5, apiName: 'DescribeGroups' } as const;

const operationCodes: readonly (readonly [Operation, number])[] = [
  ['READ', 3],
  ['WRITE', 4],
  ['CREATE', 5],
  ['DESCRIBE', 8],
];
/** The broker did not say. */
const notTold = -(2 ** 31);

interface TopicOperations {
  readonly topics: readonly { readonly topic: string | null; readonly operations: number }[];
}

interface GroupOperations {
  readonly groups: readonly { readonly errorCode: number; readonly operations: number }[];
}

/** @returns null: the broker is too old to tell; a topic that is not there, or may not be seen, is left out */
export async function topicOperations(
  cluster: Cluster,
  topics: readonly string[],
): Promise<ReadonlyMap<string, ReadonlySet<Operation>> | null> {
  await cluster.refreshMetadata();
  const answer = await ask<TopicOperations>(await cluster.findControllerBroker(), metadataOf(topics));
  if (answer === null) return null;
  const found = answer.topics.flatMap(({ topic, operations }) =>
    topic === null || operations === notTold ? [] : [[topic, operationsOf(operations)] as const],
  );
  return new Map(found);
}

/** @returns null: the broker is too old to tell. @throws kafkajs's error when the group may not be described */
export async function groupOperations(
  cluster: Cluster,
  groupId: string,
): Promise<ReadonlySet<Operation> | null> {
  const coordinator = await cluster.findGroupCoordinator({ groupId });
  const answer = await ask<GroupOperations>(coordinator, describeGroup(groupId));
  const operations = answer?.groups[0]?.operations ?? notTold;
  return operations === notTold ? null : operationsOf(operations);
}

async function ask<Answer>(broker: ConnectedBroker, request: ProtocolRequest): Promise<Answer | null> {
  const { apiKey, apiVersion } = request.request;
  if ((broker.versions[apiKey]?.maxVersion ?? -1) < apiVersion) return null;
  return (await broker.connectionPool.send(request)) as Answer;
}

function operationsOf(bits: number): ReadonlySet<Operation> {
  return new Set(operationCodes.filter(([, code]) => (bits & (1 << code)) !== 0).map(([name]) => name));
}

function metadataOf(topics: readonly string[]): ProtocolRequest {
  return flexibleProtocol<TopicOperations>({
    ...metadata,
    encode: () =>
      flexibleRequest()
        .writeUVarIntArray(topics.map(topic => closed(newEncoder().writeUVarIntString(topic))))
        // No topic is made by asking; not the cluster's operations; those of the topics.
        .writeBoolean(false)
        .writeBoolean(false)
        .writeBoolean(true),
    decode: decoder => {
      readArray(decoder, () => skipBroker(decoder));
      decoder.readUVarIntString();
      decoder.readInt32();
      return { topics: readArray(decoder, () => readTopic(decoder)) };
    },
    errorsOf: () => [],
  });
}

function skipBroker(decoder: WireDecoder): void {
  decoder.readInt32();
  decoder.readUVarIntString();
  decoder.readInt32();
  decoder.readUVarIntString();
}

function readTopic(decoder: WireDecoder): TopicOperations['topics'][number] {
  const errorCode = decoder.readInt16();
  const topic = decoder.readUVarIntString();
  decoder.readBoolean();
  readArray(decoder, () => skipPartition(decoder));
  const operations = decoder.readInt32();
  return { topic, operations: errorCode === 0 ? operations : notTold };
}

function skipPartition(decoder: WireDecoder): void {
  decoder.readInt16();
  // Its number, its leader and the leader's epoch.
  for (let field = 0; field < 3; field += 1) decoder.readInt32();
  // The replicas, those in sync and those that are away.
  for (let list = 0; list < 3; list += 1) decoder.readUVarIntArray(() => decoder.readInt32());
}

function describeGroup(groupId: string): ProtocolRequest {
  return flexibleProtocol<GroupOperations>({
    ...describeGroups,
    encode: () =>
      flexibleRequest()
        .writeUVarIntArray([newEncoder().writeUVarIntString(groupId)])
        .writeBoolean(true),
    decode: decoder => ({ groups: readArray(decoder, () => readGroup(decoder)) }),
    errorsOf: ({ groups }) => groups,
  });
}

function readGroup(decoder: WireDecoder): GroupOperations['groups'][number] {
  const errorCode = decoder.readInt16();
  // The group's id, its state, the type of its protocol and the protocol.
  for (let field = 0; field < 4; field += 1) decoder.readUVarIntString();
  readArray(decoder, () => skipMember(decoder));
  return { errorCode, operations: decoder.readInt32() };
}

function skipMember(decoder: WireDecoder): void {
  // Its id, the instance's, the client's, and its host.
  for (let field = 0; field < 4; field += 1) decoder.readUVarIntString();
  decoder.readUVarIntBytes();
  decoder.readUVarIntBytes();
}
