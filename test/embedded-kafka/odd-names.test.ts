import { describe, expect, it } from 'vitest';
import { errorCodes } from '../../src/embedded-kafka/protocol/error-codes.js';
import { type RequestReader } from '../../src/embedded-kafka/protocol/reader.js';
import { type ResponseWriter } from '../../src/embedded-kafka/protocol/writer.js';
import { RawClient } from './raw-client.js';
import { startBroker } from './with-kafkajs.js';

const noId = '0'.repeat(32);
const absentId = 'ab'.repeat(16);

async function connected() {
  const { broker } = await startBroker({ autoCreateTopics: false });
  broker.createTopic('t', 1);
  broker.createTopic('u', 1);
  return RawClient.connect(broker.port);
}

/** Metadata from version 10 on. */
async function metadata(client: RawClient, version: number, ...wanted: [id: string, name: string | null][]) {
  const response = await client.call(3, version, true, body => {
    body.structs(wanted, ([id, name]) => body.uuid(id).string(name)).boolean(false);
    if (version <= 10) body.boolean(true);
    body.boolean(true);
  });
  response.int32();
  const brokers = response.structs(() => {
    response.int32();
    response.string();
    response.int32();
    response.nullableString();
  });
  const clusterId = response.nullableString();
  const controllerId = response.int32();
  const topics = response.structs(() => {
    const code = response.int16();
    const name = response.nullableString();
    const id = response.uuid();
    response.boolean();
    response.structs(() => {
      response.int16();
      for (let field = 0; field < 3; field++) response.int32();
      for (let list = 0; list < 3; list++) response.array(() => response.int32());
    });
    return { code, name, id, isAllowedTold: response.int32() !== -(2 ** 31) };
  });
  return { brokerCount: brokers.length, clusterId, controllerId, topics };
}

/** Reads a list of topics, each with a list of partitions. */
function readTopics<T>(response: RequestReader, partition: () => T): [string, T[]][] {
  return response.structs(() => [response.string(), response.structs(partition)]);
}

/** The error code behind a partition's number. */
function indexedCode(response: RequestReader): number {
  response.int32();
  return response.int16();
}

/** Writes one list of partitions for each topic given. */
function writeTopics(
  body: ResponseWriter,
  topics: readonly (readonly [string, ...number[]])[],
  partition: (index: number) => void,
): void {
  body.structs(topics, ([name, ...indexes]) => body.string(name).structs(indexes, partition));
}

// As seen from Apache Kafka 4.1, whose answers to the same requests were compared.
describe('as by Kafka, topics in a request for metadata', () => {
  it.each([10, 11])('cannot be named by id in version %i, which has a place for it', async version => {
    const client = await connected();
    const { topics: known } = await metadata(client, 12, [noId, 't']);
    const { id } = known[0]!;
    const refused = { code: errorCodes.INVALID_REQUEST, isAllowedTold: false };
    expect(await metadata(client, version, [id, null], [noId, 'u'])).toEqual({
      brokerCount: 0,
      clusterId: null,
      controllerId: -1,
      topics: [
        { ...refused, name: '', id },
        { ...refused, name: 'u', id: noId },
      ],
    });
    expect(await metadata(client, version, [id, 't'])).toMatchObject({
      topics: [{ ...refused, name: 't', id }],
    });
    expect((await metadata(client, version, [noId, 't'])).topics).toEqual(known);
  });

  it('are looked for by id alone where one is given', async () => {
    const client = await connected();
    const { topics: known } = await metadata(client, 12, [noId, 't']);
    const { topics } = await metadata(client, 12, [noId, 'u'], [known[0]!.id, 'u'], [absentId, null]);
    const absent = { code: errorCodes.UNKNOWN_TOPIC_ID, name: null, id: absentId, isAllowedTold: false };
    expect(topics).toEqual([known[0], absent]);
  });

  it('are told once, and what is allowed also of those that are not there', async () => {
    const client = await connected();
    const { topics } = await metadata(client, 12, [noId, 't'], [noId, 'no'], [noId, 't'], [noId, 'a b']);
    expect(topics).toMatchObject([
      { code: 0, name: 't', isAllowedTold: true },
      { code: errorCodes.UNKNOWN_TOPIC_OR_PARTITION, name: 'no', isAllowedTold: true },
      { code: errorCodes.INVALID_TOPIC_EXCEPTION, name: 'a b', isAllowedTold: true },
    ]);
  });
});

describe('as by Kafka, what a request names twice', () => {
  it('is refused by ListOffsets, once, and topics are put together', async () => {
    const client = await connected();
    const response = await client.call(2, 4, false, body => {
      body.int32(-1).int8(0);
      writeTopics(body, [['t', 0, 5], ['u', 0, 0], ['t', 5], ['no']], index => {
        body.int32(index).int32(-1).int64(-1n);
      });
    });
    response.int32();
    const topics = readTopics(response, () => {
      const answer = [response.int32(), response.int16()];
      response.int64();
      response.int64();
      response.int32();
      return answer;
    });
    expect(topics).toEqual([
      [
        't',
        [
          [0, errorCodes.NONE],
          [5, errorCodes.INVALID_REQUEST],
        ],
      ],
      ['u', [[0, errorCodes.INVALID_REQUEST]]],
    ]);
  });

  it('is deleted up to the last offset given for it by DeleteRecords', async () => {
    const client = await connected();
    let offset = 9n;
    const response = await client.call(21, 1, false, body => {
      writeTopics(
        body,
        [
          ['t', 0],
          ['t', 0],
        ],
        index => body.int32(index).int64((offset -= 9n) + 9n),
      );
      body.int32(1_000);
    });
    response.int32();
    const topics = readTopics(response, () => [response.int32(), response.int64(), response.int16()]);
    expect(topics).toEqual([['t', [[0, 0n, errorCodes.NONE]]]]);
  });

  it('gets no partitions from CreatePartitions', async () => {
    const client = await connected();
    const response = await client.call(37, 1, false, body => {
      const wanted: readonly [string, number][] = [
        ['t', 3],
        ['u', 2],
        ['t', 4],
      ];
      body.structs(wanted, ([name, count]) =>
        body
          .string(name)
          .int32(count)
          .structs(null, () => undefined),
      );
      body.int32(1_000).boolean(false);
    });
    response.int32();
    const results = response.structs(() => {
      const result = [response.string(), response.int16()];
      response.nullableString();
      return result;
    });
    expect(results).toEqual([
      ['t', errorCodes.INVALID_REQUEST],
      ['u', errorCodes.NONE],
    ]);
  });

  it('is deleted once by DeleteGroups', async () => {
    const client = await connected();
    await client.commit('g', 't', 0, 0n);
    const response = await client.call(42, 1, false, body => body.array(['g', 'g'], id => body.string(id)));
    response.int32();
    expect(response.structs(() => [response.string(), response.int16()])).toEqual([['g', errorCodes.NONE]]);
  });

  it('is told once as an unknown state by ListTransactions', async () => {
    const client = await connected();
    const response = await client.call(66, 0, true, body => {
      body.array(['odd', 'Empty', 'odd'], state => body.string(state)).array([], () => undefined);
    });
    response.int32();
    response.int16();
    expect(response.array(() => response.string())).toEqual(['odd']);
  });
});

describe('as by Kafka, a place that is not there', () => {
  const unknown = errorCodes.UNKNOWN_TOPIC_OR_PARTITION;

  it.each([
    ['a group without a name', '', '', -1],
    ['a member that nobody knows', 'g', 'm', 3],
  ])(
    'is told before anything else of a commit by %s, and makes no group',
    async (_what, group, member, id) => {
      const client = await connected();
      const commit = async (topic: string, ...indexes: number[]) => {
        const response = await client.call(8, 5, false, body => {
          body.string(group).int32(id).string(member);
          writeTopics(body, [[topic, ...indexes]], index => body.int32(index).int64(0n).string(null));
        });
        response.int32();
        return readTopics(response, () => indexedCode(response))[0]![1];
      };
      expect(await commit('no', 0, 1)).toEqual([unknown, unknown]);
      const groups = await client.call(16, 2, false, () => undefined);
      groups.int32();
      groups.int16();
      expect(groups.structs(() => [groups.string(), groups.string()])).toEqual([]);
      const refusal = id < 0 ? errorCodes.NONE : errorCodes.ILLEGAL_GENERATION;
      expect(await commit('t', 5, 0)).toEqual([unknown, refusal]);
    },
  );

  it('is told before anything else of a commit in a transaction', async () => {
    const client = await connected();
    const response = await client.call(28, 2, false, body => {
      body.string('tx').string('').int64(0n).int16(0);
      writeTopics(
        body,
        [
          ['no', 0],
          ['t', 5, 0],
        ],
        index => body.int32(index).int64(0n).int32(-1).string(null),
      );
    });
    response.int32();
    expect(readTopics(response, () => indexedCode(response))).toEqual([
      ['no', [unknown]],
      ['t', [unknown, errorCodes.INVALID_GROUP_ID]],
    ]);
  });

  it('is a name that no topic can have, for settings and producers', async () => {
    const client = await connected();
    const configs = await client.call(32, 1, false, body => {
      body.structs(['no', 'a b', ''], name =>
        body
          .int8(2)
          .string(name)
          .array(null, () => undefined),
      );
      body.boolean(false);
    });
    configs.int32();
    const invalid = errorCodes.INVALID_TOPIC_EXCEPTION;
    const codes = configs.structs(() => {
      const code = configs.int16();
      configs.nullableString();
      configs.int8();
      configs.string();
      configs.structs(() => undefined);
      return code;
    });
    expect(codes).toEqual([unknown, invalid, invalid]);
    const producers = await client.call(61, 0, true, body => {
      body.structs(['no', 'a b'], name => body.string(name).array([0], index => body.int32(index)));
    });
    producers.int32();
    const answers = readTopics(producers, () => {
      producers.int32();
      const code = producers.int16();
      producers.nullableString();
      producers.structs(() => undefined);
      return code;
    });
    expect(answers).toEqual([
      ['no', [unknown]],
      ['a b', [invalid]],
    ]);
  });
});
