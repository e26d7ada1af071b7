import kafkajs from 'kafkajs';
import { describe, expect, it } from 'vitest';
import { registerCompressionCodecs } from '../../src/kafka/kafkajs/compression.js';
import { crc32c } from '../../src/embedded-kafka/protocol/crc32c.js';
import { buildBatch } from './build-batch.js';
import { RawClient } from './raw-client.js';
import { startAdmin, startBroker, startProducer } from './with-kafkajs.js';

const { CompressionTypes } = kafkajs;
registerCompressionCodecs();

async function startWithTopic() {
  const { broker, kafka } = await startBroker();
  broker.createTopic('t', 1);
  const admin = await startAdmin(kafka);
  const offsetAt = async (timestamp: number) =>
    (await admin.fetchTopicOffsetsByTimestamp('t', timestamp)).map(({ offset }) => offset);
  return { broker, kafka, offsetAt };
}

describe('a search by time', () => {
  it.each(['None', 'GZIP', 'Snappy', 'LZ4', 'ZSTD'] as const)(
    'finds a record inside of a batch, compression %s',
    async name => {
      const { kafka, offsetAt } = await startWithTopic();
      const producer = await startProducer(kafka);
      const messages = ['1000', '2000', '3000'].map(timestamp => ({ value: 'x'.repeat(99), timestamp }));
      await producer.send({ topic: 't', messages, compression: CompressionTypes[name] });
      expect(await offsetAt(0)).toEqual(['0']);
      expect(await offsetAt(1_001)).toEqual(['1']);
      expect(await offsetAt(3_000)).toEqual(['2']);
    },
  );

  it('finds the first record of a batch that cannot be opened', async () => {
    const { broker, offsetAt } = await startWithTopic();
    const batch = buildBatch({ values: ['a', 'b', 'c'] });
    const lz4 = 3;
    batch.writeInt16BE(lz4, 21);
    batch.writeUInt32BE(crc32c(batch.subarray(21)), 17);
    const client = await RawClient.connect(broker.port);
    expect(await client.produce('t', 0, batch)).toMatchObject({ code: 0 });
    expect(await offsetAt(1)).toEqual(['0']);
  });
});
