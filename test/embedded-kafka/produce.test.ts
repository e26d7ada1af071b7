import kafkajs from 'kafkajs';
import { describe, expect, it } from 'vitest';
import { errorCodes } from '../../src/embedded-kafka/protocol/error-codes.js';
import { registerCompressionCodecs } from '../../src/kafka/kafkajs/compression.js';
import { buildBatch } from './build-batch.js';
import { RawClient } from './raw-client.js';
import { eventually, startBroker, startMember, startProducer } from './with-kafkajs.js';

const { CompressionTypes } = kafkajs;

describe('kafkajs producers', () => {
  it('have compressed batches stored as they came, and read back by consumers', async () => {
    registerCompressionCodecs();
    const { broker, kafka } = await startBroker();
    broker.createTopic('t', 1);
    const producer = await startProducer(kafka);
    const value = 'compressible '.repeat(500);
    const names = ['None', 'GZIP', 'Snappy', 'LZ4', 'ZSTD'] as const;
    for (const name of names) {
      await producer.send({
        topic: 't',
        compression: CompressionTypes[name],
        messages: [{ value }, { value }],
      });
    }
    const batches = broker.batches('t', 0);
    expect(batches.map(({ compression }) => compression)).toEqual(['none', 'gzip', 'snappy', 'lz4', 'zstd']);
    for (const { byteLength } of batches.slice(1)) expect(byteLength).toBeLessThan(value.length);
    const member = await startMember(broker, 't');
    await eventually(() => expect(member.received).toHaveLength(10));
    expect(member.received).toEqual(
      names.flatMap((_, at) => [`0@${2 * at}=${value}`, `0@${2 * at + 1}=${value}`]),
    );
  });

  it('number their batches when they are idempotent', async () => {
    const { broker, kafka } = await startBroker();
    broker.createTopic('t', 1);
    const producer = await startProducer(kafka, { idempotent: true, maxInFlightRequests: 1 });
    for (const value of ['a', 'b', 'c'])
      await producer.send({ topic: 't', messages: [{ value }, { value }] });
    const batches = broker.batches('t', 0);
    expect(batches.map(({ baseSequence }) => baseSequence)).toEqual([0, 2, 4]);
    expect(new Set(batches.map(({ producerId }) => producerId)).size).toBe(1);
  });

  it('need no answer with acks 0', async () => {
    const { broker, kafka } = await startBroker();
    broker.createTopic('t', 1);
    const producer = await startProducer(kafka);
    for (const value of ['a', 'b']) await producer.send({ topic: 't', acks: 0, messages: [{ value }] });
    await producer.send({ topic: 't', acks: 1, messages: [{ value: 'c' }] });
    expect(broker.records('t', 0).map(({ value }) => value!.toString())).toEqual(['a', 'b', 'c']);
  });

  it('create topics by naming them, unless that is switched off', async () => {
    const { broker, kafka } = await startBroker({ defaultPartitions: 3 });
    const producer = await startProducer(kafka);
    await producer.send({ topic: 'new', messages: [{ partition: 2, value: 'x' }] });
    expect(broker.offsets('new', 2)).toEqual({ start: 0n, end: 1n });
    const strict = await startBroker({ autoCreateTopics: false });
    const refused = await startProducer(strict.kafka, { retry: { retries: 0 } });
    await expect(refused.send({ topic: 'new', messages: [{ value: 'x' }] })).rejects.toMatchObject({
      cause: { type: 'UNKNOWN_TOPIC_OR_PARTITION' },
    });
    expect(strict.broker.topics()).toEqual([]);
  });

  it('are refused batches above max.message.bytes and partitions that are full', async () => {
    const { broker, kafka } = await startBroker({ maxPartitionBytes: 1_500_000 });
    broker.createTopic('t', 1);
    broker.createTopic('keeps-newest', 1, { 'retention.bytes': '1000000' });
    const producer = await startProducer(kafka);
    const send = (topic: string, byteLength: number) =>
      producer.send({ topic, messages: [{ value: Buffer.alloc(byteLength) }] });
    await send('t', 1_048_000);
    await expect(send('t', 1_048_588)).rejects.toMatchObject({ type: 'MESSAGE_TOO_LARGE' });
    await expect(send('t', 500_000)).rejects.toMatchObject({ type: 'POLICY_VIOLATION' });
    for (let index = 0; index < 4; index++) await send('keeps-newest', 400_000);
    expect(broker.offsets('keeps-newest', 0)).toEqual({ start: 1n, end: 4n });
  });

  it('are not asked for more replicas than there are', async () => {
    const { broker, kafka } = await startBroker();
    broker.createTopic('t', 1, { 'min.insync.replicas': '2' });
    const producer = await startProducer(kafka);
    await producer.send({ topic: 't', acks: -1, messages: [{ value: 'x' }] });
    expect(broker.offsets('t', 0).end).toBe(1n);
  });

  it('are refused what a topic cannot hold, unless some of it need not be kept', async () => {
    const { broker, kafka } = await startBroker({ maxTopicBytes: 2_000_000 });
    broker.createTopic('t', 3);
    broker.createTopic('keeps-little', 3, { 'retention.bytes': '100000' });
    const producer = await startProducer(kafka);
    const send = (topic: string, partition: number) =>
      producer.send({ topic, messages: [{ value: Buffer.alloc(600_000), partition }] });
    for (const partition of [0, 1, 2]) await send('t', partition);
    await expect(send('t', 0)).rejects.toMatchObject({ type: 'POLICY_VIOLATION' });
    for (const partition of [0, 0, 0, 1, 1, 1]) await send('keeps-little', partition);
    expect(broker.offsets('keeps-little', 1).end).toBe(3n);
  });
});

describe('Produce requests', () => {
  it('of many small batches are refused where these take too much memory, not only too many bytes', async () => {
    const { broker } = await startBroker({ maxPartitionBytes: 32_700, maxTopicBytes: 60_000 });
    broker.createTopic('t', 2);
    broker.createTopic('keeps-newest', 1, { 'retention.bytes': '1000000' });
    const client = await RawClient.connect(broker.port);
    // 71 bytes and about 250 for what is remembered of it.
    const send = (topic: string, partition: number) =>
      client.produce(topic, partition, buildBatch({ values: ['abc'], firstTimestamp: BigInt(Date.now()) }));
    for (let count = 0; count < 100; count++) expect((await send('t', 0)).code).toBe(0);
    expect((await send('t', 0)).code).toBe(errorCodes.POLICY_VIOLATION);
    for (let count = 0; count < 83; count++) expect((await send('t', 1)).code).toBe(0);
    expect((await send('t', 1)).code).toBe(errorCodes.POLICY_VIOLATION);
    for (let count = 0; count < 150; count++) expect((await send('keeps-newest', 0)).code).toBe(0);
    expect(broker.offsets('keeps-newest', 0)).toEqual({ start: 50n, end: 150n });
  });

  it('with a batch of a transaction that they do not name are refused as a whole', async () => {
    const { broker } = await startBroker();
    broker.createTopic('t', 2);
    const client = await RawClient.connect(broker.port);
    const batches = [
      buildBatch({ values: ['a'] }),
      buildBatch({ values: ['b'], producerId: 5n, producerEpoch: 0, baseSequence: 0, isTransactional: true }),
    ];
    const response = await client.call(0, 7, false, body => {
      body.string(null).int16(-1).int32(1_000);
      body.structs(['t', 'no'], name => {
        body.string(name).structs(batches, batch => body.int32(batches.indexOf(batch)).bytes(batch));
      });
    });
    const refused = errorCodes.TRANSACTIONAL_ID_AUTHORIZATION_FAILED;
    const codes = response.structs(() => {
      response.string();
      return response.structs(() => {
        response.int32();
        const code = response.int16();
        for (let field = 0; field < 3; field++) response.int64();
        return code;
      });
    });
    expect(codes).toEqual([
      [refused, refused],
      [refused, refused],
    ]);
    expect(broker.offsets('t', 0).end).toBe(0n);
  });

  it('tell where the log starts also when their records are refused, but not when they hold no whole batch', async () => {
    const { broker } = await startBroker();
    broker.createTopic('t', 1);
    const client = await RawClient.connect(broker.port);
    const batch = buildBatch({ values: ['a'], producerId: 5n, producerEpoch: 1, baseSequence: 0 });
    await client.produce('t', 0, Buffer.from(batch));
    const produce = async (bytes: Buffer) => {
      const response = await client.call(0, 7, false, body => {
        body.string(null).int16(-1).int32(1_000);
        body.structs(['t'], name => body.string(name).structs([0], index => body.int32(index).bytes(bytes)));
      });
      const [answers] = response.structs(() => {
        response.string();
        return response.structs(() => {
          response.int32();
          const code = response.int16();
          response.int64();
          response.int64();
          return { code, startOffset: response.int64() };
        });
      });
      return answers![0];
    };
    const old = buildBatch({ values: ['a'], producerId: 5n, producerEpoch: 0, baseSequence: 0 });
    expect(await produce(old)).toEqual({ code: errorCodes.INVALID_PRODUCER_EPOCH, startOffset: 0n });
    for (const byteLength of [11, 30, 60, batch.length - 1]) {
      const cut = batch.subarray(0, byteLength);
      expect(await produce(cut)).toEqual({ code: errorCodes.INVALID_RECORD, startOffset: -1n });
    }
  });

  it('answer a repeated batch with its first offset, and refuse gaps and old epochs', async () => {
    const { broker } = await startBroker();
    broker.createTopic('t', 1);
    const client = await RawClient.connect(broker.port);
    const send = async (baseSequence: number, producerEpoch = 1) =>
      client.produce('t', 0, buildBatch({ values: ['a', 'b'], producerId: 5n, producerEpoch, baseSequence }));
    expect(await send(0)).toEqual({ code: 0, baseOffset: 0n });
    expect(await send(2)).toEqual({ code: 0, baseOffset: 2n });
    expect(await send(0)).toEqual({ code: 0, baseOffset: 0n });
    expect(await send(5)).toEqual({ code: 45, baseOffset: -1n });
    expect(await send(4, 0)).toEqual({ code: 47, baseOffset: -1n });
    expect(await send(0, 2)).toEqual({ code: 0, baseOffset: 4n });
    expect(broker.offsets('t', 0).end).toBe(6n);
  });

  it('are refused when the checksum is wrong', async () => {
    const { broker } = await startBroker();
    broker.createTopic('t', 1);
    const client = await RawClient.connect(broker.port);
    const batch = buildBatch({ values: ['a'] });
    batch[batch.length - 2]! ^= 1;
    expect(await client.produce('t', 0, batch)).toEqual({ code: 2, baseOffset: -1n });
    expect(await client.produce('t', 1, batch)).toEqual({ code: 3, baseOffset: -1n });
    expect(broker.batches('t', 0)).toEqual([]);
  });
});
