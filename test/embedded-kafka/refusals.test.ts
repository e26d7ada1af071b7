import { describe, expect, it } from 'vitest';
import { errorCodes } from '../../src/embedded-kafka/protocol/error-codes.js';
import { ResponseWriter } from '../../src/embedded-kafka/protocol/writer.js';
import { RawClient } from './raw-client.js';
import { startBroker } from './with-kafkajs.js';

async function connected() {
  const { broker } = await startBroker();
  broker.createTopic('t', 1);
  return RawClient.connect(broker.port);
}

/** ListOffsets of partition 0. */
async function listOffset(client: RawClient, leaderEpoch: number, timestamp: bigint, version = 5) {
  const isFlexible = version >= 6;
  const response = await client.call(2, version, isFlexible, body => {
    body
      .int32(-1)
      .int8(0)
      .structs(['t'], name => {
        body.string(name).structs([0], index => body.int32(index).int32(leaderEpoch).int64(timestamp));
      });
  });
  response.int32();
  const [partitions] = response.structs(() => {
    response.string();
    return response.structs(() => {
      response.int32();
      const code = response.int16();
      response.int64();
      return { code, offset: response.int64(), leaderEpoch: response.int32() };
    });
  });
  return partitions![0]!;
}

// As seen from Apache Kafka 4.1, whose answers to the same bytes were compared.
describe('as Kafka, the broker refuses', () => {
  it('to find an offset by a place that it does not know', async () => {
    const client = await connected();
    const refused = { code: errorCodes.UNSUPPORTED_VERSION, offset: -1n, leaderEpoch: -1 };
    expect(await listOffset(client, -1, -9n)).toEqual(refused);
    expect(await listOffset(client, -1, -1n)).toEqual({ code: 0, offset: 0n, leaderEpoch: 0 });
  });

  it.each([
    ['largest time', -3n, 7],
    ['earliest local', -4n, 8],
    ['latest remote', -5n, 9],
  ] as const)('the place "%s" in versions before the one that brought it', async (_name, place, since) => {
    const client = await connected();
    expect((await listOffset(client, -1, place, since - 1)).code).toBe(errorCodes.UNSUPPORTED_VERSION);
    expect((await listOffset(client, -1, place, since)).code).toBe(errorCodes.NONE);
  });

  it('to find an offset for a client that knows a newer leader', async () => {
    const refused = { code: errorCodes.UNKNOWN_LEADER_EPOCH, offset: -1n, leaderEpoch: -1 };
    expect(await listOffset(await connected(), 5, -1n)).toEqual(refused);
  });

  it.each([2, 4])('to find a coordinator of another kind, version %i', async version => {
    const client = await connected();
    const response = await client.call(10, version, version >= 3, body => {
      if (version >= 4) body.int8(9).array(['key'], key => body.string(key));
      else body.string('key').int8(9);
    });
    response.int32();
    const node = () => ({ id: response.int32(), host: response.string(), port: response.int32() });
    const none = { id: -1, host: '', port: -1 };
    if (version < 4) {
      expect(response.int16()).toBe(errorCodes.INVALID_REQUEST);
      response.string();
      return expect(node()).toEqual(none);
    }
    const answers = response.structs(() => {
      response.string();
      const found = { node: node(), code: response.int16() };
      response.string();
      return found;
    });
    return expect(answers).toEqual([{ node: none, code: errorCodes.INVALID_REQUEST }]);
  });

  it('heartbeats for a group without a name, also when somebody commits to it', async () => {
    const client = await connected();
    expect(await client.commit('', 't', 0, 5n)).toBe(errorCodes.NONE);
    const response = await client.call(12, 3, false, body =>
      body.string('').int32(1).string('m').string(null),
    );
    response.int32();
    expect(response.int16()).toBe(errorCodes.INVALID_GROUP_ID);
  });

  it('members of a group without a name', async () => {
    const client = await connected();
    await client.commit('', 't', 0, 5n);
    const synced = await client.call(14, 2, false, body => body.string('').int32(1).string('m').int32(0));
    synced.int32();
    expect(synced.int16()).toBe(errorCodes.INVALID_GROUP_ID);
    for (const version of [2, 3]) {
      const left = await client.call(13, version, false, body => {
        if (version === 2) body.string('').string('m');
        else body.string('').structs(['m'], member => body.string(member).string(null));
      });
      left.int32();
      expect(left.int16()).toBe(errorCodes.INVALID_GROUP_ID);
    }
  });

  it('to commit for a generation of a group that is not there', async () => {
    const client = await connected();
    const commit = async (version: number) => {
      const response = await client.call(8, version, true, body => {
        body.string('nobody').int32(3).string('m').string(null);
        body.structs(['t'], name => {
          body.string(name);
          body.structs([0], index => body.int32(index).int64(1n).int32(-1).string(''));
        });
      });
      response.int32();
      const [codes] = response.structs(() => {
        response.string();
        return response.structs(() => [response.int32(), response.int16()][1]);
      });
      return codes;
    };
    expect(await commit(8)).toEqual([errorCodes.ILLEGAL_GENERATION]);
    expect(await commit(9)).toEqual([errorCodes.GROUP_ID_NOT_FOUND]);
  });

  it('a SyncGroup that leaves out what its version is to say', async () => {
    const client = await connected();
    const response = await client.call(14, 5, true, body =>
      body
        .string('g')
        .int32(1)
        .string('m')
        .string(null)
        .string(null)
        .string(null)
        .structs([], () => undefined),
    );
    response.int32();
    expect(response.int16()).toBe(errorCodes.INCONSISTENT_GROUP_PROTOCOL);
  });

  it('clients whose software has no name, or a strange one', async () => {
    const client = await connected();
    const ask = async (name: string, version: string) => {
      client.send(18, 3, 7, new ResponseWriter(true).string(name).string(version).noTags());
      const response = await client.receive();
      response.int32();
      return response.int16();
    };
    expect(await ask('kafka-js.2', '1.0')).toBe(errorCodes.NONE);
    expect(await ask('', '')).toBe(errorCodes.INVALID_REQUEST);
    expect(await ask('a b', '1')).toBe(errorCodes.INVALID_REQUEST);
  });

  it('to produce no batch', async () => {
    const client = await connected();
    expect(await client.produce('t', 0, Buffer.alloc(0))).toMatchObject({ code: errorCodes.INVALID_RECORD });
  });
});
