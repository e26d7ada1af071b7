import { nodeId, type Broker } from '../broker.js';
import { leaderEpoch } from '../log/partition-log.js';
import { errorCodes, type ErrorCode } from '../protocol/error-codes.js';
import { type RequestReader } from '../protocol/reader.js';
import { type ResponseWriter } from '../protocol/writer.js';
import { type Topic } from '../topics/topic.js';
import { allowedOperations } from './allowed-operations.js';
import { type Api } from './api.js';
import { unknownTopicCode } from './unknown-topic-code.js';

const noId = '0'.repeat(32);

interface TopicAnswer {
  readonly code: ErrorCode;
  readonly name: string | null;
  readonly id: string;
  readonly topic?: Topic;
}

/** Tells brokers, topics and partitions; creates topics that are asked for by name where that is allowed. */
export const metadata: Api = {
  key: 3,
  name: 'Metadata',
  versions: [0, 13],
  flexibleFrom: 9,
  handle({ version, body, response, broker }) {
    const wanted = readTopics(body, version);
    const mayCreate = version >= 4 ? body.boolean() : true;
    const isClusterAsked = version >= 8 && version <= 10 && body.boolean();
    const isTopicAsked = version >= 8 && body.boolean();
    const isRefused = version < 12 && wanted?.some(({ name, id }) => name === null || id !== noId) === true;
    const topics = isRefused
      ? wanted.map(({ name, id }) => ({ code: errorCodes.INVALID_REQUEST, name, id }))
      : wanted === null
        ? broker.topics.all().map(known)
        : find(broker, wanted, mayCreate);
    if (version >= 3) response.int32(0);
    response.structs(isRefused ? [] : [broker], ({ settings, port }) => {
      response.int32(nodeId).string(settings.advertisedHost).int32(port);
      if (version >= 1) response.string(null);
    });
    if (version >= 2) response.string(isRefused ? null : broker.clusterId);
    if (version >= 1) response.int32(isRefused ? -1 : nodeId);
    response.structs(topics, answer => writeTopic(response, version, answer, isTopicAsked && !isRefused));
    if (version >= 8 && version <= 10)
      response.int32(allowedOperations('cluster', isClusterAsked && !isRefused));
    if (version >= 13) response.errorCode(errorCodes.NONE);
    return 'respond';
  },
};

interface WantedTopic {
  readonly name: string | null;
  readonly id: string;
}

/**
 * Each topic once, however often it is asked for. Where any has an id, those that have only a name are left out, as in Kafka.
 * Before version 12 requests have a place for ids, but are refused when they use it.
 */
function find(broker: Broker, wanted: readonly WantedTopic[], mayCreate: boolean): TopicAnswer[] {
  const ids = new Set(wanted.map(({ id }) => id).filter(id => id !== noId));
  if (ids.size > 0) return [...ids].map(id => findById(broker, id));
  const names = new Set(wanted.map(({ name }) => name ?? ''));
  return [...names].map(name => findByName(broker, name, mayCreate));
}

/** @returns null for all topics */
function readTopics(body: RequestReader, version: number): WantedTopic[] | null {
  const topics = body.nullableStructs(() => {
    const id = version >= 10 ? body.uuid('topic-id') : noId;
    return { id, name: body.nullableString('topic') };
  });
  return version === 0 && topics?.length === 0 ? null : topics;
}

function findByName(broker: Broker, name: string, mayCreate: boolean): TopicAnswer {
  const topic = broker.topicOrCreate(name, mayCreate);
  if (topic !== undefined) return known(topic);
  return { code: unknownTopicCode(name), name, id: noId };
}

function findById(broker: Broker, id: string): TopicAnswer {
  const topic = broker.topics.getById(id);
  return topic === undefined ? { code: errorCodes.UNKNOWN_TOPIC_ID, name: null, id } : known(topic);
}

function known(topic: Topic): TopicAnswer {
  return { code: errorCodes.NONE, name: topic.name, id: topic.id, topic };
}

function writeTopic(
  response: ResponseWriter,
  version: number,
  { code, name, id, topic }: TopicAnswer,
  isAllowedAsked: boolean,
): void {
  response.errorCode(code).string(version >= 12 ? name : (name ?? ''));
  if (version >= 10) response.uuid(id);
  if (version >= 1) response.boolean(false);
  response.structs(topic?.partitions ?? [], partition => {
    response.errorCode(errorCodes.NONE).int32(partition.index).int32(nodeId);
    if (version >= 7) response.int32(leaderEpoch);
    response.array([nodeId], id => response.int32(id));
    response.array([nodeId], id => response.int32(id));
    if (version >= 5) response.array([], () => undefined);
  });
  if (version >= 8) response.int32(allowedOperations('topic', isAllowedAsked && name !== null));
}
