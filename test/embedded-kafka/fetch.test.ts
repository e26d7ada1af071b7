import { describe, expect, it } from 'vitest';
import { errorCodes } from '../../src/embedded-kafka/protocol/error-codes.js';
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
});
