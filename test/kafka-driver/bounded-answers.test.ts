import { expect, test } from 'vitest';
import { codecNames, codecs, type Codec } from '../invariants/harness/codecs.js';
import { plainKafka } from '../invariants/harness/topics.js';
import { createTopic, uniqueName, useTestBroker } from './brokers.js';
import { consumerOptions, GroupMember } from './group-member.js';
import { watchFetchedBytes } from './next-request.js';
import { waitUntil } from './wait-until.js';

/** Compressed, all of a topic fits into the answer to a request for some records; all of them take 100 MB. */
const batchCount = 100;
const perBatch = 5;
const valueBytes = 200_000;
const mostBytes = 3_000_000;
const batchBytes = perBatch * valueBytes;

const kafka = useTestBroker();

/** Nothing but its number is in a record. */
async function fill(topic: string, codec: Codec, partitionCount = 1): Promise<void> {
  const producer = plainKafka(kafka.brokers).producer();
  await producer.connect();
  for (let batch = 0; batch < batchCount; batch += 1) {
    const values = Array.from({ length: perBatch }, (_, at) => {
      const value = Buffer.alloc(valueBytes);
      value.writeUInt32BE(batch * perBatch + at);
      return value;
    });
    for (let partition = 0; partition < partitionCount; partition += 1) {
      const records = values.map(value => ({ partition, value }));
      await producer.send({ topic, messages: records, compression: codecs[codec] });
    }
  }
  await producer.disconnect();
}

const allNumbers = Array.from({ length: batchCount * perBatch }, (_, at) => at);

test.each(codecNames)(
  'a consumer is given no more at a time than it asks for, whatever batches become: %s',
  async codec => {
    const topic = await createTopic(kafka.driver, 1);
    await fill(topic, codec);
    const asked = { maxBytesPerPartition: mostBytes, maxBytes: mostBytes };
    const numbers: number[] = [];
    const sizes: number[] = [];
    class Counting extends GroupMember {
      override onRecords(...args: Parameters<GroupMember['onRecords']>): void {
        const [, , records] = args;
        sizes.push(records.reduce((sum, { value }) => sum + value!.length, 0));
        numbers.push(...records.map(({ value }) => value!.readUInt32BE()));
        super.onRecords(...args);
      }
    }
    const member = new Counting(kafka.driver, { ...consumerOptions(uniqueName('group'), topic), ...asked });
    await member.port.start();
    await waitUntil(() => numbers.length >= allNumbers.length);
    await member.port.stop(5_000);
    expect(member.violations).toEqual([]);
    expect(numbers).toEqual(allNumbers);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(mostBytes);
    // Not one batch at a time either.
    expect(sizes.length).toBeLessThan(batchCount);
  },
);

test('partitions of which nothing fits into an answer are not skipped', async () => {
  const partitions = [0, 1, 2];
  const topic = await createTopic(kafka.driver, partitions.length);
  await fill(topic, 'gzip', partitions.length);
  const numbers = partitions.map((): number[] => []);
  class Counting extends GroupMember {
    override onRecords(...args: Parameters<GroupMember['onRecords']>): void {
      const [, partition, records] = args;
      numbers[partition]!.push(...records.map(({ value }) => value!.readUInt32BE()));
      super.onRecords(...args);
    }
  }
  // All of the first partition, compressed, is less than what is asked for.
  const asked = { maxBytesPerPartition: mostBytes, maxBytes: mostBytes };
  const member = new Counting(kafka.driver, { ...consumerOptions(uniqueName('group'), topic), ...asked });
  await member.port.start();
  await waitUntil(() => numbers.every(({ length }) => length >= allNumbers.length));
  await member.port.stop(5_000);
  expect(member.violations).toEqual([]);
  expect(numbers).toEqual(partitions.map(() => allNumbers));
});

test.each(codecNames)(
  'single records are read from batches without all that lies around them: %s',
  async codec => {
    const topic = await createTopic(kafka.driver, 1);
    await fill(topic, codec);
    const reader = kafka.driver.recordReader(topic);
    const numbers: number[] = [];
    // Within a batch, over its end, all of one, and one alone at the end.
    const wanted = [1, 3, 4, 5, 6, 250, 251, 252, 253, 254, 499];
    const read = await reader.read({
      records: new Map([[0, wanted.map(at => ({ offset: BigInt(at), byteLength: valueBytes }))]]),
      onRecords: (_, records) => {
        numbers.push(...records.map(({ value }) => value!.readUInt32BE()));
      },
    });
    await reader.close();
    expect([...read.values()].flat()).toEqual([]);
    expect(numbers.filter(number => wanted.includes(number))).toEqual(wanted);
    // Those of the same answers come as well, and no more: of each batch, what is behind the first one that is wanted.
    expect(new Set(numbers).size).toBe(numbers.length);
    expect(numbers.length).toBeLessThanOrEqual(wanted.length + 4 * perBatch);
  },
);

test('a batch that is larger than what is asked for is given out as a whole', async () => {
  const topic = await createTopic(kafka.driver, 1);
  await fill(topic, 'gzip');
  const numbers: number[] = [];
  const offsets = new Map([[0, allNumbers.slice(7, 30).map(BigInt)]]);
  const missing = await kafka.driver.readAt({
    topic,
    offsets,
    onRecords: (_, records) => {
      const bytes = records.reduce((sum, { value }) => sum + value!.length, 0);
      expect(bytes).toBeLessThanOrEqual(2 * batchBytes);
      numbers.push(...records.map(({ value }) => value!.readUInt32BE()));
    },
  });
  expect([...missing.values()].flat()).toEqual([]);
  expect(numbers).toEqual(allNumbers.slice(7, 30));
});

test('what batches become is not forgotten over answers without records', async () => {
  const topic = await createTopic(kafka.driver, 1);
  const producer = plainKafka(kafka.brokers).producer();
  await producer.connect();
  const asked = { maxBytesPerPartition: mostBytes, maxBytes: mostBytes };
  const member = new GroupMember(kafka.driver, { ...consumerOptions(uniqueName('group'), topic), ...asked });
  const fetched = watchFetchedBytes(topic);
  /** What is asked for once a record is there, by requests to which there is nothing new. */
  const askedAfter = async (codec: Codec | undefined): Promise<readonly number[]> => {
    const recordCount = member.records.length;
    const compression = codec === undefined ? undefined : codecs[codec];
    const messages = [{ value: Buffer.alloc(valueBytes) }];
    await producer.send({ topic, messages, ...(compression === undefined ? {} : { compression }) });
    await waitUntil(() => member.records.length > recordCount);
    const requestCount = fetched.maxBytes.length;
    await waitUntil(() => fetched.maxBytes.length >= requestCount + 4);
    return fetched.maxBytes.slice(requestCount + 1);
  };
  try {
    await member.port.start();
    expect(Math.max(...(await askedAfter('gzip')))).toBeLessThan(mostBytes / 10);
    expect(Math.min(...(await askedAfter(undefined)))).toBe(mostBytes);
  } finally {
    fetched.stop();
    await member.port.stop(5_000);
    await producer.disconnect();
  }
});
