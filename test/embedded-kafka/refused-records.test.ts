import kafkajs from 'kafkajs';
import { expect, it } from 'vitest';
import { errorCodes } from '../../src/embedded-kafka/protocol/error-codes.js';
import { buildBatch } from './build-batch.js';
import { RawClient } from './raw-client.js';
import { startBroker, startProducer } from './with-kafkajs.js';

const hourMs = 3_600_000;

/** A client, and a topic `t` with these settings. */
async function connected(config: Readonly<Record<string, string>> = {}) {
  const { broker, kafka } = await startBroker();
  broker.createTopic('t', 1, config);
  return { client: await RawClient.connect(broker.port), kafka };
}

// As seen from Apache Kafka 4.1, whose answers to the same bytes were compared.
it('records from the far future are refused, those from the past are not', async () => {
  const { client } = await connected();
  const future = buildBatch({ values: ['a'], firstTimestamp: BigInt(Date.now() + 2 * hourMs) });
  expect(await client.produce('t', 0, future)).toEqual({
    code: errorCodes.INVALID_TIMESTAMP,
    baseOffset: -1n,
  });
  const past = buildBatch({ values: ['a'], firstTimestamp: 1_000n });
  expect(await client.produce('t', 0, past)).toMatchObject({ code: errorCodes.NONE });
});

it('a topic may allow records from the future and refuse old ones', async () => {
  const { client } = await connected({
    'message.timestamp.after.max.ms': String(3 * hourMs),
    'message.timestamp.before.max.ms': String(hourMs),
  });
  const produceAt = async (timestamp: number) =>
    (await client.produce('t', 0, buildBatch({ values: ['a'], firstTimestamp: BigInt(timestamp) }))).code;
  expect(await produceAt(Date.now() + 2 * hourMs)).toBe(errorCodes.NONE);
  expect(await produceAt(Date.now() - 2 * hourMs)).toBe(errorCodes.INVALID_TIMESTAMP);
  expect(await produceAt(-1)).toBe(errorCodes.NONE);
});

it('times of producers do not matter where the broker stamps its own', async () => {
  const { client } = await connected({ 'message.timestamp.type': 'LogAppendTime' });
  const future = buildBatch({ values: ['a'], firstTimestamp: BigInt(Date.now() + 2 * hourMs) });
  expect(await client.produce('t', 0, future)).toMatchObject({ code: errorCodes.NONE });
});

it('a compacted topic takes no record without a key', async () => {
  const { client } = await connected({ 'cleanup.policy': 'compact,delete' });
  const keyless = buildBatch({ values: ['a', 'b'] });
  expect(await client.produce('t', 0, keyless)).toMatchObject({ code: errorCodes.INVALID_RECORD });
  const keyed = buildBatch({ values: ['a', 'b'], key: 'k' });
  expect(await client.produce('t', 0, keyed)).toMatchObject({ code: errorCodes.NONE, baseOffset: 0n });
});

it('a compacted topic finds records without a key in compressed batches too', async () => {
  const { kafka } = await connected({ 'cleanup.policy': 'compact' });
  const producer = await startProducer(kafka, { retry: { retries: 0 } });
  const compression = kafkajs.CompressionTypes.GZIP;
  const sent = producer.send({
    topic: 't',
    compression,
    messages: [{ key: 'k', value: 'a' }, { value: 'b' }],
  });
  await expect(sent).rejects.toThrow(/record has failed the validation|invalid record/i);
  await producer.send({ topic: 't', compression, messages: [{ key: 'k', value: 'a' }] });
});

it('zstd is refused from clients that are too old for it, and a compression that nobody knows', async () => {
  const { client } = await connected();
  const zstd = buildBatch({ values: ['a'], compressionCode: 4 });
  expect((await client.produce('t', 0, zstd, 6)).code).toBe(errorCodes.UNSUPPORTED_COMPRESSION_TYPE);
  expect((await client.produce('t', 0, zstd, 7)).code).toBe(errorCodes.NONE);
  const unknown = buildBatch({ values: ['a'], compressionCode: 6 });
  expect((await client.produce('t', 0, unknown)).code).toBe(errorCodes.UNKNOWN_SERVER_ERROR);
});
