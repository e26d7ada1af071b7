import { describe, expect, it } from 'vitest';
import { errorCodes } from '../../src/embedded-kafka/protocol/error-codes.js';
import { RawClient } from './raw-client.js';
import { startBroker } from './with-kafkajs.js';

async function connected() {
  const { broker } = await startBroker();
  broker.createTopic('t', 1);
  return RawClient.connect(broker.port);
}

/** ListOffsets version 5 of partition 0. */
async function listOffset(client: RawClient, leaderEpoch: number, timestamp: bigint) {
  const response = await client.call(2, 5, false, body => {
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

  it('heartbeats for a group without a name', async () => {
    const client = await connected();
    const response = await client.call(12, 3, false, body =>
      body.string('').int32(1).string('m').string(null),
    );
    response.int32();
    expect(response.int16()).toBe(errorCodes.INVALID_GROUP_ID);
  });

  it('to produce no batch', async () => {
    const client = await connected();
    expect(await client.produce('t', 0, Buffer.alloc(0))).toMatchObject({ code: errorCodes.INVALID_RECORD });
  });
});
