import { describe, expect, it } from 'vitest';
import { ResponseWriter } from '../../src/embedded-kafka/protocol/writer.js';
import { buildBatch } from './build-batch.js';
import { RawClient } from './raw-client.js';
import { eventually, startBroker } from './with-kafkajs.js';

const nothing = (): ResponseWriter => new ResponseWriter();

/** Fetch version 4 of partition 0 from `offset`. */
function fetchBody(topic: string, offset: bigint, minBytes: number, maxWaitMs: number): ResponseWriter {
  const body = nothing().int32(-1).int32(maxWaitMs).int32(minBytes).int32(1_000_000).int8(0);
  return body.structs([topic], name => {
    body.string(name).structs([0], index => body.int32(index).int64(offset).int32(1_000_000));
  });
}

/** Metadata version 4 that makes the broker create a topic. */
function createBySideEffect(topic: string): ResponseWriter {
  const body = nothing();
  return body.array([topic], name => body.string(name)).boolean(true);
}

describe('a connection', () => {
  it('is closed on garbage, without harm to others', async () => {
    const { broker, kafka } = await startBroker();
    const garbage = [
      Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'),
      Buffer.from([0x7f, 0xff, 0xff, 0xff]),
      Buffer.from([0xff, 0xff, 0xff, 0xff]),
      Buffer.from([0, 0, 0, 4, 1, 2, 3, 4]),
      Buffer.from([0, 0, 0, 10, 0, 3, 0, 4, 0, 0, 0, 1, 0x7f, 0xff]),
      Buffer.from([0, 0, 0, 14, 0, 3, 0, 4, 0, 0, 0, 1, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff]),
    ];
    for (const bytes of garbage) {
      const client = await RawClient.connect(broker.port);
      client.socket.write(bytes);
      await client.closed;
    }
    const admin = kafka.admin();
    await admin.connect();
    expect(await admin.listTopics()).toEqual([]);
    await admin.disconnect();
  });

  it('is closed on requests and versions that are not served', async () => {
    const { broker } = await startBroker();
    for (const [apiKey, version] of [
      [0, 2],
      [1, 3],
      [3, 99],
      [999, 0],
      [24, 0],
    ] as const) {
      const client = await RawClient.connect(broker.port);
      client.send(apiKey, version, 1, nothing());
      await client.closed;
    }
  });

  it('answers an ApiVersions version that is too new in version 0', async () => {
    const { broker } = await startBroker();
    const client = await RawClient.connect(broker.port);
    client.send(18, 99, 42, nothing());
    const response = await client.receive();
    expect(response.int32()).toBe(42);
    expect(response.int16()).toBe(35);
    const ranges = response.structs(() => [response.int16(), response.int16(), response.int16()]);
    expect(ranges).toContainEqual([18, 0, 4]);
    expect(response.remainingCount).toBe(0);
  });

  it('is answered in order, also when the first answer has to wait', async () => {
    const { broker } = await startBroker();
    broker.createTopic('t', 1);
    const client = await RawClient.connect(broker.port);
    client.send(1, 4, 1, fetchBody('t', 0n, 1, 60_000));
    client.send(18, 0, 2, nothing());
    const other = await RawClient.connect(broker.port);
    await other.produce('t', 0, buildBatch({ values: ['x'] }));
    expect((await client.receive()).int32()).toBe(1);
    expect((await client.receive()).int32()).toBe(2);
  });

  it('waits for as many bytes as a fetch asks for, at most its time', async () => {
    const { broker } = await startBroker();
    broker.createTopic('t', 1);
    const batch = buildBatch({ values: ['x'] });
    const client = await RawClient.connect(broker.port);
    const recordBytes = async () => (await client.receive()).bytes.length - fetchHeaderBytes;
    const other = await RawClient.connect(broker.port);
    client.send(1, 4, 1, fetchBody('t', 0n, 2 * batch.length, 60_000));
    await other.produce('t', 0, Buffer.from(batch));
    await other.produce('t', 0, Buffer.from(batch));
    expect(await recordBytes()).toBe(2 * batch.length);
    client.send(1, 4, 1, fetchBody('t', 2n, 1, 20));
    expect(await recordBytes()).toBe(0);
  });

  it('does not ask again and again because one of its partitions is gone', async () => {
    const { broker } = await startBroker();
    broker.createTopic('t', 1);
    const client = await RawClient.connect(broker.port);
    const body = nothing().int32(-1).int32(60_000).int32(1).int32(1_000_000).int8(0);
    body.structs(['gone', 't'], name => {
      body.string(name).structs([0], index => body.int32(index).int64(0n).int32(1_000_000));
    });
    client.send(1, 4, 1, body);
    const other = await RawClient.connect(broker.port);
    await other.produce('t', 0, buildBatch({ values: ['x'.repeat(1_000)] }));
    // Had it not waited, the record would not be in the answer.
    expect((await client.receive()).bytes.length).toBeGreaterThan(1_000);
    client.send(1, 4, 2, fetchBody('gone', 0n, 1, 60_000));
    expect((await client.receive()).int32()).toBe(2);
  });

  it('that never reads its answers is not served any further', async () => {
    const { broker } = await startBroker();
    broker.createTopic('t', 1);
    const other = await RawClient.connect(broker.port);
    await other.produce('t', 0, buildBatch({ values: ['x'.repeat(1_000_000)] }));
    const client = await RawClient.connect(broker.port);
    client.socket.pause();
    for (let index = 0; index < 1_000; index++) {
      client.send(1, 4, 2 * index, fetchBody('t', 0n, 1, 0));
      client.send(3, 4, 2 * index + 1, createBySideEffect(`topic-${index}`));
    }
    await eventually(() => expect(broker.topics().length).toBeGreaterThan(1));
    for (let index = 0; index < 50; index++) {
      other.send(18, 0, index, nothing());
      expect((await other.receive()).int32()).toBe(index);
    }
    expect(broker.topics().length).toBeLessThan(100);
    client.socket.resume();
    for (let index = 0; index < 300; index++) expect((await client.receive()).int32()).toBe(index);
  });
});

/** Of a Fetch version 4 response with one partition of a topic `t`, up to its records. */
const fetchHeaderBytes = 4 + 4 + 4 + (2 + 1) + 4 + 4 + 2 + 8 + 8 + 4 + 4;
