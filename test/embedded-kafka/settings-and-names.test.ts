import { describe, expect, it } from 'vitest';
import { errorCodes } from '../../src/embedded-kafka/protocol/error-codes.js';
import { type ResponseWriter } from '../../src/embedded-kafka/protocol/writer.js';
import { RawClient } from './raw-client.js';
import { startBroker } from './with-kafkajs.js';

// As seen from Apache Kafka 4.1, whose answers to the same bytes were compared.
describe('a setting of a topic', () => {
  it.each([
    ['retention.ms', '-5', 'Value must be at least -1'],
    ['retention.ms', '9223372036854775808', 'Not a number of type LONG'],
    ['max.message.bytes', '-1', 'Value must be at least 0'],
    ['max.message.bytes', '99999999999', 'Not a number of type INT'],
    ['min.insync.replicas', '0', 'Value must be at least 1'],
    ['min.cleanable.dirty.ratio', '2', 'Value must be no more than 1'],
    ['cleanup.policy', 'compact,squash', 'String must be one of: compact, delete'],
    ['message.timestamp.type', 'Never', 'String must be one of: CreateTime, LogAppendTime'],
    ['preallocate', 'maybe', 'Expected value to be either true or false'],
  ])('%s cannot be %s', async (name, value, problem) => {
    const { broker } = await startBroker();
    const create = () => broker.createTopic('t', 1, { [name]: value });
    expect(create).toThrow(
      `cannot create topic: Invalid value ${value} for configuration ${name}: ${problem}`,
    );
  });

  it.each([
    ['retention.ms', '-1'],
    ['retention.ms', ' 5 '],
    ['cleanup.policy', 'delete, compact'],
    ['cleanup.policy', ''],
    ['preallocate', 'TRUE'],
    ['compression.type', 'gzip'],
  ])('%s can be "%s"', async (name, value) => {
    const { broker } = await startBroker();
    broker.createTopic('t', 1, { [name]: value });
    expect(broker.topics()).toEqual(['t']);
  });

  it('has a value when a client creates the topic', async () => {
    const client = await connected();
    const code = await create(client, topic => {
      topic.int32(1).int16(1).int32(0);
      topic.structs(['retention.ms'], name => topic.string(name).string(null));
    });
    expect(code).toBe(errorCodes.INVALID_CONFIG);
  });
});

async function connected() {
  const { broker } = await startBroker();
  broker.createTopic('present', 1);
  return RawClient.connect(broker.port);
}

/** CreateTopics version 4 of a topic `new`. @returns the error code */
async function create(client: RawClient, write: (topic: ResponseWriter) => void): Promise<number> {
  const response = await client.call(19, 4, false, body => {
    body.structs(['new'], name => write(body.string(name)));
    body.int32(1_000).boolean(false);
  });
  response.int32();
  return response.structs(() => {
    response.string();
    const code = response.int16();
    response.nullableString();
    return code;
  })[0]!;
}

describe('places for partitions', () => {
  const createAt = async (numbers: readonly number[], partitions = -1, replication = -1) =>
    create(await connected(), topic => {
      topic.int32(partitions).int16(replication);
      topic.structs(numbers, number => topic.int32(number).array([1], id => topic.int32(id)));
      topic.int32(0);
    });

  it('are all of them, each once, and the only thing said about them', async () => {
    expect(await createAt([1, 0])).toBe(errorCodes.NONE);
    expect(await createAt([0, 2])).toBe(errorCodes.INVALID_REPLICA_ASSIGNMENT);
    expect(await createAt([0, 0])).toBe(errorCodes.INVALID_REPLICA_ASSIGNMENT);
    expect(await createAt([0], 1)).toBe(errorCodes.INVALID_REQUEST);
    expect(await createAt([0], -1, 1)).toBe(errorCodes.INVALID_REQUEST);
  });
});

it("topics whose names differ only in '.' and '_' are refused", async () => {
  const { broker } = await startBroker();
  broker.createTopic('a.b', 1);
  expect(() => broker.createTopic('a_b', 1)).toThrow("Topic 'a_b' collides with existing topic: a.b");
});

it('a topic that is named twice is not deleted', async () => {
  const client = await connected();
  const response = await client.call(20, 3, false, body => {
    body.array(['present', 'absent', 'present'], name => body.string(name)).int32(1_000);
  });
  response.int32();
  expect(response.structs(() => [response.string(), response.int16()])).toEqual([
    ['present', errorCodes.INVALID_REQUEST],
    ['absent', errorCodes.UNKNOWN_TOPIC_OR_PARTITION],
  ]);
});

it('records of a topic that is only compacted cannot be deleted', async () => {
  const { broker } = await startBroker();
  broker.createTopic('compacted', 1, { 'cleanup.policy': 'compact' });
  broker.createTopic('both', 1, { 'cleanup.policy': 'compact,delete' });
  const client = await RawClient.connect(broker.port);
  const response = await client.call(21, 1, false, body => {
    body.structs(['compacted', 'both'], name => {
      body.string(name).structs([0], index => body.int32(index).int64(-1n));
    });
    body.int32(1_000);
  });
  response.int32();
  const answers = response.structs(() => {
    response.string();
    return response.structs(() => ({
      index: response.int32(),
      start: response.int64(),
      code: response.int16(),
    }));
  });
  expect(answers.flat()).toEqual([
    { index: 0, start: -1n, code: errorCodes.POLICY_VIOLATION },
    { index: 0, start: 0n, code: errorCodes.NONE },
  ]);
});
