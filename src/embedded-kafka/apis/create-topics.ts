import { type Broker } from '../broker.js';
import { errorCodes, type ErrorCode } from '../protocol/error-codes.js';
import { type RequestReader } from '../protocol/reader.js';
import { type ResponseWriter } from '../protocol/writer.js';
import { type CreateResult } from '../topics/topic-store.js';
import { type Api } from './api.js';
import { describeTopicConfig, writeBriefConfig } from './config-entries.js';

interface WantedTopic {
  readonly name: string;
  readonly partitionCount: number;
  readonly replicationFactor: number;
  /** Partitions with the brokers they are to be on; empty to leave that to the broker. */
  readonly assignments: readonly { readonly partition: number; readonly brokerIds: readonly number[] }[];
  readonly config: readonly (readonly [string, string | null])[];
}

const noId = '0'.repeat(32);

/** Creates topics, each for itself: one that is refused does not stop the others. */
export const createTopics: Api = {
  key: 19,
  name: 'CreateTopics',
  versions: [2, 7],
  flexibleFrom: 5,
  handle({ version, body, response, broker }) {
    const topics = body.structs(() => readTopic(body));
    body.int32(); // timeout
    const isDryRun = body.boolean();
    const duplicates = namesThatRepeat(topics);
    response.int32(0);
    const distinct = [...new Map(topics.map(topic => [topic.name, topic])).values()];
    response.structs(distinct, wanted => {
      const result = duplicates.has(wanted.name)
        ? refused(errorCodes.INVALID_REQUEST, 'Duplicate topic name.')
        : create(broker, wanted, isDryRun);
      writeResult(response, version, wanted, result, broker);
    });
    return 'respond';
  },
};

function namesThatRepeat(topics: readonly WantedTopic[]): ReadonlySet<string> {
  const seen = new Set<string>();
  return new Set(topics.map(({ name }) => name).filter(name => seen.size === seen.add(name).size));
}

function readTopic(body: RequestReader): WantedTopic {
  return {
    name: body.string('topic'),
    partitionCount: body.int32(),
    replicationFactor: body.int16(),
    assignments: body.structs(() => ({
      partition: body.int32(),
      brokerIds: body.array(() => body.int32()),
    })),
    config: body.structs((): [string, string | null] => [body.string(), body.nullableString()]),
  };
}

function create(broker: Broker, wanted: WantedTopic, isDryRun: boolean): CreateResult {
  const { name, config, replicationFactor, assignments } = wanted;
  const hasAssignments = assignments.length > 0;
  if (!hasAssignments && replicationFactor !== -1 && replicationFactor !== 1) {
    const message = `Unable to replicate the partition ${replicationFactor} time(s): The target replication factor of ${replicationFactor} cannot be reached because only 1 broker(s) are registered.`;
    return refused(errorCodes.INVALID_REPLICATION_FACTOR, message);
  }
  if (assignments.some(({ brokerIds }) => brokerIds.length !== 1 || brokerIds[0] !== 1)) {
    return refused(errorCodes.INVALID_REPLICA_ASSIGNMENT, 'The only broker is 1.');
  }
  const partitionCount = hasAssignments ? assignments.length : wanted.partitionCount;
  return broker.topics.create({ name, partitionCount, config }, isDryRun);
}

function refused(code: ErrorCode, message: string): CreateResult {
  return { kind: 'refused', code, message };
}

function writeResult(
  response: ResponseWriter,
  version: number,
  wanted: WantedTopic,
  result: CreateResult,
  broker: Broker,
): void {
  const topic = result.kind === 'created' ? result.topic : undefined;
  response.string(wanted.name);
  if (version >= 7) response.uuid(topic?.id ?? noId);
  response.errorCode(result.kind === 'created' ? errorCodes.NONE : result.code);
  response.string(result.kind === 'created' ? null : result.message);
  if (version < 5) return;
  response.int32(topic?.partitions.length ?? -1).int16(topic === undefined ? -1 : 1);
  const entries = topic === undefined ? [] : describeTopicConfig(broker, topic);
  response.structs(entries, entry => writeBriefConfig(response, entry));
}
