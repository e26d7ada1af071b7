import { type Broker } from '../broker.js';
import { errorCodes, type ErrorCode } from '../protocol/error-codes.js';
import { type RequestReader } from '../protocol/reader.js';
import { type ResponseWriter } from '../protocol/writer.js';
import { type CreateResult } from '../topics/topic-store.js';
import { type Api } from './api.js';
import { describeTopicConfig, writeBriefConfig } from './config-entries.js';
import { namesThatRepeat } from './names-that-repeat.js';

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

/** The checks are in Kafka's order: a request may be wrong in several ways. */
function create(broker: Broker, wanted: WantedTopic, isDryRun: boolean): CreateResult {
  const { name, config, replicationFactor, assignments } = wanted;
  const hasAssignments = assignments.length > 0;
  const named = broker.topics.create({ name, partitionCount: 1 }, true);
  if (named.kind === 'refused') return named;
  const withoutValue = config.filter(([, value]) => value === null).map(([key]) => key);
  if (withoutValue.length > 0) {
    const message = `Null value not supported for topic configs: ${withoutValue.join(',')}`;
    return refused(errorCodes.INVALID_CONFIG, message);
  }
  const configured = broker.topics.create({ name, partitionCount: 1, config }, true);
  if (configured.kind === 'refused') return configured;
  const refusal = hasAssignments ? refuseAssignments(wanted) : refuseNumbers(wanted);
  if (refusal !== undefined) return refusal;
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

/** Says why there cannot be as many partitions or replicas of them, on however many brokers. */
function refuseNumbers({ partitionCount, replicationFactor }: WantedTopic) {
  const isValid = (count: number): boolean => count === -1 || count > 0;
  if (!isValid(replicationFactor))
    return refused(
      errorCodes.INVALID_REPLICATION_FACTOR,
      'Replication factor must be larger than 0, or -1 to use the default value.',
    );
  if (!isValid(partitionCount))
    return refused(
      errorCodes.INVALID_PARTITIONS,
      'Number of partitions was set to an invalid non-positive value.',
    );
  return undefined;
}

/** Says why partitions cannot be where a client wants them; the checks and their order are Kafka's. */
function refuseAssignments({ partitionCount, replicationFactor, assignments }: WantedTopic) {
  const specified = 'A manual partition assignment was specified, but';
  if (replicationFactor !== -1)
    return refused(errorCodes.INVALID_REQUEST, `${specified} replication factor was not set to -1.`);
  if (partitionCount !== -1)
    return refused(errorCodes.INVALID_REQUEST, `${specified} numPartitions was not set to -1.`);
  const numbers = new Set(assignments.map(({ partition }) => partition));
  if (numbers.size < assignments.length)
    return refused(
      errorCodes.INVALID_REPLICA_ASSIGNMENT,
      'Found multiple manual assignments for a partition.',
    );
  if (!assignments.every((_, at) => numbers.has(at))) {
    const message = 'partitions should be a consecutive 0-based integer sequence';
    return refused(errorCodes.INVALID_REPLICA_ASSIGNMENT, message);
  }
  return undefined;
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
