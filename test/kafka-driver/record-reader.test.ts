import { randomBytes } from 'node:crypto';
import { CompressionTypes } from 'kafkajs';
import { expect, test } from 'vitest';
import { plainKafka } from '../invariants/harness/topics.js';
import { createTopic, useTestBroker } from './brokers.js';

const partitions = [0, 1, 2, 3];
const perPartition = 12;
const byteLength = 400_000;

const kafka = useTestBroker();

test('reads partitions side by side, while answers for others are still decompressed', async () => {
  const topic = await createTopic(kafka.driver, partitions.length);
  const values = partitions.map(() => Array.from({ length: perPartition }, () => hexOfRandomBytes()));
  const producer = plainKafka(kafka.brokers).producer();
  await producer.connect();
  for (let at = 0; at < perPartition; at += 1) {
    // A batch of its own for each.
    const messages = partitions.map(partition => ({ partition, value: values[partition]![at]! }));
    await producer.send({ topic, messages, compression: CompressionTypes.GZIP });
  }
  await producer.disconnect();

  const reader = kafka.driver.recordReader(topic);
  const read: Buffer[][] = partitions.map(() => []);
  for (let first = 0; first < perPartition; first += 3) {
    const wanted = [0, 1, 2].map(more => ({ offset: BigInt(first + more), byteLength }));
    const missing = await reader.read({
      records: new Map(partitions.map(partition => [partition, wanted])),
      onRecords: (partition, records) => {
        for (const { value } of records) read[partition]!.push(Buffer.from(value!));
      },
    });
    expect([...missing.values()].flat()).toEqual([]);
  }
  await reader.close();
  for (const partition of partitions)
    expect(read[partition]!.map((value, at) => value.equals(values[partition]![at]!))).toEqual(
      Array(perPartition).fill(true),
    );
});

/** Half as long when it is compressed. */
function hexOfRandomBytes(): Buffer {
  return Buffer.from(randomBytes(byteLength / 2).toString('hex'));
}
