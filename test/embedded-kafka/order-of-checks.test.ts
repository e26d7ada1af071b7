import { describe, expect, it } from 'vitest';
import { errorCodes, type ErrorName } from '../../src/embedded-kafka/protocol/error-codes.js';
import { incrementalAlterCall, leaderEpochCall, offsetDeleteCall, type AdminCall } from './admin-calls.js';
import { RawClient } from './raw-client.js';
import { startBroker } from './with-kafkajs.js';

const notAsked = -(2 ** 31);

async function connected() {
  const { broker } = await startBroker();
  broker.createTopic('t', 1);
  return RawClient.connect(broker.port);
}

async function codesOf(client: RawClient, { key, version, body, codes }: AdminCall): Promise<number[]> {
  return codes(await client.exchange(key, version, body));
}

interface NewTopic {
  readonly name: string;
  readonly partitions?: number;
  readonly replicas?: number;
  readonly brokers?: readonly number[];
  readonly settings?: readonly [string, string | null][];
}

// As seen from Apache Kafka 4.1, whose answers to the same requests were compared.
describe('as by Kafka, a topic that is wrong in several ways is refused', () => {
  it.each<[ErrorName, NewTopic]>([
    ['INVALID_TOPIC_EXCEPTION', { name: 'a b', replicas: 2, brokers: [2], settings: [['odd', null]] }],
    ['TOPIC_ALREADY_EXISTS', { name: 't', partitions: 0, settings: [['odd', '1']] }],
    ['INVALID_CONFIG', { name: 'n', partitions: 0, replicas: 2, settings: [['odd', '1']] }],
    ['INVALID_CONFIG', { name: 'n', brokers: [2], settings: [['retention.ms', null]] }],
    ['INVALID_REQUEST', { name: 'n', partitions: 0, brokers: [2] }],
    ['INVALID_REPLICATION_FACTOR', { name: 'n', partitions: 0, replicas: 0 }],
    ['INVALID_PARTITIONS', { name: 'n', partitions: 0, replicas: 2 }],
    ['INVALID_REPLICATION_FACTOR', { name: 'n', partitions: 1, replicas: 2 }],
  ])('with %s: %j', async (expected, { name, partitions = 1, replicas = 1, brokers, settings = [] }) => {
    const client = await connected();
    const response = await client.call(19, 4, false, body => {
      body.structs([name], topic => {
        body.string(topic).int32(partitions).int16(replicas);
        body.structs(brokers ?? [], id => body.int32(0).array([id], each => body.int32(each)));
        body.structs(settings, ([key, value]) => body.string(key).string(value));
      });
      body.int32(1_000).boolean(false);
    });
    response.int32();
    expect(response.structs(() => [response.string(), response.int16(), response.nullableString()])).toEqual([
      [name, errorCodes[expected], expect.any(String)],
    ]);
  });
});

describe('as by Kafka, changes of settings are refused', () => {
  it.each<[ErrorName, string, [string, number, string | null][]]>([
    ['INVALID_REQUEST', '', [['retention.ms', 0, '5']]],
    ['INVALID_TOPIC_EXCEPTION', 'a b', [['odd', 0, '5']]],
    ['INVALID_REQUEST', 'a b', [['odd', 0, null]]],
    [
      'INVALID_REQUEST',
      't',
      [
        ['retention.ms', 0, '5'],
        ['retention.ms', 1, null],
      ],
    ],
    ['INVALID_CONFIG', 'no', [['odd', 0, '5']]],
    ['UNKNOWN_TOPIC_OR_PARTITION', 'no', [['retention.ms', 0, '5']]],
    ['NONE', 't', [['odd', 1, null]]],
  ])('with %s: of "%s", %j', async (expected, topic, changes) => {
    expect(await codesOf(await connected(), incrementalAlterCall(topic, changes))).toEqual([
      errorCodes[expected],
    ]);
  });

  it('of another broker, also when they take nothing back', async () => {
    const client = await connected();
    const alter = (broker: string) =>
      codesOf(client, incrementalAlterCall(broker, [['log.retention.ms', 1, null]], 4));
    expect(await alter('1')).toEqual([errorCodes.NONE]);
    expect(await alter('2')).toEqual([errorCodes.INVALID_REQUEST]);
  });

  it('by AlterConfigs without a value', async () => {
    const client = await connected();
    const response = await client.call(33, 1, false, body => {
      body.structs(['t'], name => {
        body
          .int8(2)
          .string(name)
          .structs(['retention.ms'], key => body.string(key).string(null));
      });
      body.boolean(false);
    });
    response.int32();
    const codes = response.structs(() => {
      const code = response.int16();
      response.nullableString();
      response.int8();
      response.string();
      return code;
    });
    expect(codes).toEqual([errorCodes.INVALID_REQUEST]);
  });
});

describe('as by Kafka, a page of topics', () => {
  it.each([
    ['before the first partition', ['t'], { topic: 't', index: -1 }],
    ['at a topic that is not asked for', ['t', 't'], { topic: 's', index: 0 }],
  ])('is refused that begins %s', async (_where, names, cursor) => {
    const client = await connected();
    const response = await client.call(75, 0, true, body => {
      body.structs(names, name => body.string(name)).int32(10);
      body.int8(1).string(cursor.topic).int32(cursor.index).noTags();
    });
    response.int32();
    const topics = response.structs(() => {
      const code = response.int16();
      response.nullableString();
      response.uuid();
      response.boolean();
      response.structs(() => undefined);
      return [code, response.int32()];
    });
    expect(topics).toEqual(names.map(() => [errorCodes.INVALID_REQUEST, notAsked]));
    expect(response.int8()).toBe(-1);
  });
});

describe('as by Kafka, refused with nothing else in the answer', () => {
  it('is a cluster asked for by the wrong kind of endpoint', async () => {
    const client = await connected();
    for (const [type, code] of [
      [2, errorCodes.MISMATCHED_ENDPOINT_TYPE],
      [3, errorCodes.UNSUPPORTED_ENDPOINT_TYPE],
    ] as const) {
      const response = await client.call(60, 1, true, body => body.boolean(true).int8(type));
      response.int32();
      expect(response.int16()).toBe(code);
      response.nullableString();
      const answer = [response.int8(), response.string(), response.int32()];
      expect([...answer, response.structs(() => undefined), response.int32()]).toEqual([
        1,
        '',
        -1,
        [],
        notAsked,
      ]);
    }
  });

  it('are offsets of a group without a name', async () => {
    expect(await codesOf(await connected(), offsetDeleteCall('', 'no', 0))).toEqual([
      errorCodes.INVALID_GROUP_ID,
    ]);
  });

  it('is a leader epoch older than any', async () => {
    const call = leaderEpochCall('t', 0, 0, -2);
    expect(await codesOf(await connected(), call)).toEqual([errorCodes.FENCED_LEADER_EPOCH]);
  });

  it('is a kind of election that there is not', async () => {
    const client = await connected();
    const elect = async (type: number, topics: readonly string[] | null) => {
      const response = await client.call(43, 1, false, body => {
        body.int8(type);
        body.structs(topics, name => body.string(name).array([0], index => body.int32(index)));
        body.int32(1_000);
      });
      response.int32();
      const code = response.int16();
      const results = response.structs(() => [
        response.string(),
        response.structs(() => {
          response.int32();
          const each = response.int16();
          response.nullableString();
          return each;
        }),
      ]);
      return { code, results };
    };
    const { INVALID_REQUEST: invalid, ELECTION_NOT_NEEDED: notNeeded } = errorCodes;
    expect(await elect(5, ['t'])).toEqual({ code: invalid, results: [['t', [invalid]]] });
    expect(await elect(5, null)).toEqual({ code: invalid, results: [] });
    expect(await elect(0, ['t'])).toEqual({ code: 0, results: [['t', [notNeeded]]] });
    expect(await elect(1, null)).toEqual({ code: 0, results: [['t', []]] });
  });

  it('is the newer description of a group without a name', async () => {
    const client = await connected();
    const response = await client.call(69, 0, true, body => {
      body.array(['', 'no'], id => body.string(id)).boolean(false);
    });
    response.int32();
    const codes = response.structs(() => {
      const code = response.int16();
      response.nullableString();
      for (const read of ['string', 'string', 'int32', 'int32', 'string'] as const) response[read]();
      response.structs(() => undefined);
      response.int32();
      return code;
    });
    expect(codes).toEqual([errorCodes.INVALID_GROUP_ID, errorCodes.GROUP_ID_NOT_FOUND]);
  });
});

it('what is allowed with a group is told also of one that is not there', async () => {
  const client = await connected();
  const response = await client.call(15, 3, false, body => {
    body.array(['no'], id => body.string(id)).boolean(true);
  });
  response.int32();
  const allowed = response.structs(() => {
    response.int16();
    for (let field = 0; field < 4; field++) response.string();
    response.structs(() => undefined);
    return response.int32();
  });
  expect(allowed).toEqual([3_400]);
});
