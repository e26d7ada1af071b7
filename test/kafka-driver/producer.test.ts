import { expect, test } from 'vitest';
import type { BrokerError } from '../../src/errors.js';
import type { OutgoingRecord } from '../../src/kafka/driver.js';
import { createTopic, driverFor, useTestBroker, uniqueName } from './brokers.js';
import { consumerOptions, GroupMember } from './group-member.js';
import { numbered, sendTexts } from './send-texts.js';
import { waitUntil } from './wait-until.js';

const broker = useTestBroker();

/** Values of a whole topic, by partition. */
async function readBack(topic: string, count: number): Promise<(string | null)[][]> {
  const member = new GroupMember(broker.driver, consumerOptions(uniqueName('reader'), topic));
  await member.port.start();
  await waitUntil(() => member.records.length >= count);
  await member.port.stop(5_000);
  expect(member.violations).toEqual([]);
  const byPartition: (string | null)[][] = [];
  for (const { partition, value } of member.records) (byPartition[partition] ??= []).push(value);
  return byPartition;
}

test.concurrent(
  'calls that overlap keep their order in each partition, nothing is lost or doubled',
  async () => {
    const topic = await createTopic(broker.driver, 3);
    const producer = broker.driver.producer();
    const sends = Array.from({ length: 300 }, (_, n) =>
      sendTexts(producer, topic, n % 3, [`${n}a`, `${n}b`]),
    );
    await Promise.all(sends);
    await producer.close();
    const expected = [0, 1, 2].map(partition =>
      Array.from({ length: 100 }, (_, n) => [`${n * 3 + partition}a`, `${n * 3 + partition}b`]).flat(),
    );
    expect(await readBack(topic, 600)).toEqual(expected);
  },
);

test.concurrent.each(['gzip', 'snappy', 'lz4', 'zstd'] as const)(
  '%s batches are read back',
  async compression => {
    const topic = await createTopic(broker.driver, 1);
    const producer = driverFor(broker.brokers, { compression }).producer();
    await sendTexts(producer, topic, 0, numbered('text ', 50));
    await producer.close();
    expect(await readBack(topic, 50)).toEqual([numbered('text ', 50)]);
  },
);

test.concurrent(
  'a record above the limit of its topic is refused for good, the calls around it succeed',
  async () => {
    const topic = await createTopic(broker.driver, 1, { 'max.message.bytes': '2000' });
    const producer = broker.driver.producer();
    const sends = ['before', 'x'.repeat(5_000), 'after'].map(text => sendTexts(producer, topic, 0, [text]));
    const [before, tooLarge, after] = await Promise.allSettled(sends);
    expect([before!.status, after!.status]).toEqual(['fulfilled', 'fulfilled']);
    const { name, retriable, message } = (tooLarge as PromiseRejectedResult).reason as BrokerError;
    expect({ name, retriable, message }).toEqual({
      name: 'BrokerError',
      retriable: false,
      message: `cannot send to partition 0 of topic ${topic}: larger than the topic allows (its max.message.bytes) (MESSAGE_TOO_LARGE)`,
    });
    await sendTexts(producer, topic, 0, ['later']);
    await producer.close();
    expect(await readBack(topic, 3)).toEqual([['before', 'after', 'later']]);
  },
);

test.concurrent('headers, keys, null values and views into larger buffers arrive as they were', async () => {
  const topic = await createTopic(broker.driver, 1);
  const producer = broker.driver.producer();
  const large = Buffer.from('..value..');
  const record: OutgoingRecord = {
    key: new Uint8Array([1, 2]),
    value: new Uint8Array(large.buffer, large.byteOffset + 2, 5),
    headers: { text: 'ä', bytes: new Uint8Array([255]) },
    timestampMs: 1_700_000_000_000,
  };
  await producer.send(topic, 0, [record, { key: null, value: null, headers: {} }]);
  await producer.close();
  expect(await readBack(topic, 2)).toEqual([['value', null]]);
});

test.concurrent('a topic that does not exist is named, and is not created', async () => {
  const topic = uniqueName('missing');
  const producer = broker.driver.producer();
  await expect(producer.partitionCount(topic)).rejects.toMatchObject({
    name: 'BrokerError',
    retriable: true,
    message: `topic ${topic} does not exist, or this user may not see it`,
  });
  await expect(sendTexts(producer, topic, 0, ['x'])).rejects.toMatchObject({
    name: 'BrokerError',
    retriable: true,
    message: `cannot send to partition 0 of topic ${topic}: the topic does not exist, or this user may not see it (UNKNOWN_TOPIC_OR_PARTITION)`,
  });
  const admin = await broker.driver.admin();
  expect(await admin.describeTopic(topic)).toBeNull();
  expect(await admin.createTopic(topic, 2)).toBe('created');
  expect(await admin.createTopic(topic, 2)).toBe('existed');
  expect(await producer.partitionCount(topic)).toBe(2);
  await sendTexts(producer, topic, 1, ['x']);
  expect(await admin.describeTopic(topic)).toMatchObject({
    topic,
    partitions: [
      { partition: 0, replicas: 1, inSyncReplicas: 1, logStartOffset: 0n, endOffset: 0n },
      { partition: 1, replicas: 1, inSyncReplicas: 1, logStartOffset: 0n, endOffset: 1n },
    ],
  });
  expect((await admin.clusterInfo()).brokers).toHaveLength(1);
  await admin.close();
  await producer.close();
});

test.concurrent('a closed producer refuses to send', async () => {
  const producer = broker.driver.producer();
  await producer.close();
  await expect(sendTexts(producer, 'any', 0, ['x'])).rejects.toThrow('the producer is closed');
});
