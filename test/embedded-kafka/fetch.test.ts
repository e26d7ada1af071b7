import { describe, expect, it } from 'vitest';
import { readFetch } from '../../src/embedded-kafka/apis/fetch-request.js';
import { errorCodes } from '../../src/embedded-kafka/protocol/error-codes.js';
import { RequestReader } from '../../src/embedded-kafka/protocol/reader.js';
import { ResponseWriter } from '../../src/embedded-kafka/protocol/writer.js';
import { buildBatch } from './build-batch.js';
import { RawClient } from './raw-client.js';
import { startBroker } from './with-kafkajs.js';

/** Reads partition 0 with Fetch version 5. */
async function fetchFrom(client: RawClient, topic: string, offset: bigint) {
  const response = await client.call(1, 5, false, body => {
    body.int32(-1).int32(0).int32(1).int32(1_000_000).int8(0);
    body.structs([topic], name => {
      body.string(name).structs([0], index => body.int32(index).int64(offset).int64(-1n).int32(1_000_000));
    });
  });
  response.int32();
  const [partitions] = response.structs(() => {
    response.string();
    return response.structs(() => {
      response.int32();
      const code = response.int16();
      const [end, stable, start] = [response.int64(), response.int64(), response.int64()];
      response.structs(() => undefined);
      return { code, end, stable, start, byteLength: response.nullableBytes()?.length ?? 0 };
    });
  });
  return partitions![0]!;
}

describe('a fetch', () => {
  it('tells where the log starts and ends', async () => {
    const { broker } = await startBroker();
    broker.createTopic('t', 1);
    const client = await RawClient.connect(broker.port);
    const batch = buildBatch({ values: ['a', 'b'] });
    const { length } = batch;
    await client.produce('t', 0, batch);
    const found = await fetchFrom(client, 't', 1n);
    expect(found).toEqual({ code: 0, end: 2n, stable: 2n, start: 0n, byteLength: length });
  });

  it('out of range tells nothing of the log, as Kafka does', async () => {
    const { broker } = await startBroker();
    broker.createTopic('t', 1);
    const client = await RawClient.connect(broker.port);
    await client.produce('t', 0, buildBatch({ values: ['a', 'b'] }));
    expect(await fetchFrom(client, 't', 3n)).toEqual({
      ...{ code: errorCodes.OFFSET_OUT_OF_RANGE, end: -1n, stable: -1n, start: -1n, byteLength: 0 },
    });
  });

  it.each([
    { sessionId: 0, epoch: 0, code: errorCodes.NONE },
    { sessionId: 0, epoch: -1, code: errorCodes.NONE },
    { sessionId: 5, epoch: 0, code: errorCodes.NONE },
    { sessionId: 5, epoch: -1, code: errorCodes.NONE },
    { sessionId: 0, epoch: 1, code: errorCodes.FETCH_SESSION_ID_NOT_FOUND },
    { sessionId: 5, epoch: 1, code: errorCodes.FETCH_SESSION_ID_NOT_FOUND },
  ])(
    'in session $sessionId with epoch $epoch is answered as by a Kafka that does not know the session',
    async ({ sessionId, epoch, code }) => {
      const { broker } = await startBroker();
      broker.createTopic('t', 1);
      const client = await RawClient.connect(broker.port);
      const response = await client.call(1, 7, false, body => {
        body.int32(-1).int32(0).int32(1).int32(1_000_000).int8(0).int32(sessionId).int32(epoch);
        body.structs(['t'], name => {
          body.string(name).structs([0], index => body.int32(index).int64(0n).int64(-1n).int32(1_000_000));
        });
        body.structs([], () => undefined);
      });
      response.int32();
      expect(response.int16()).toBe(code);
      expect(response.int32()).toBe(0);
    },
  );

  it('is never answered with more than 55 MiB, whatever it asks for', () => {
    const body = new ResponseWriter().int32(-1).int32(0).int32(1).int32(2_147_483_647).int8(0);
    body.structs([], () => undefined);
    const request = new RequestReader(Buffer.concat(body.finish()));
    expect(readFetch(request, 4).maxBytes).toBe(57_671_680);
  });
});
