import { afterAll, beforeAll, expect, test } from 'vitest';
import type { KafkaDriver, RawRecord, RecordHeaders } from '../../src/kafka/driver.js';
import { createTopic, driverFor, startTestBroker, type TestBroker, uniqueName } from './brokers.js';
import { consumerOptions, GroupMember } from './group-member.js';
import { waitUntil } from './wait-until.js';

let broker: TestBroker;
let driver: KafkaDriver;

beforeAll(async () => {
  broker = await startTestBroker();
  driver = driverFor(broker.brokers);
}, 60_000);

afterAll(() => broker.stop());

/** Keeps the headers of what it reads. */
class HeaderReader extends GroupMember {
  readonly headers: (RecordHeaders | undefined)[] = [];

  override onRecords(
    epoch: number,
    partition: number,
    records: readonly RawRecord[],
    nextOffset: bigint,
  ): void {
    this.headers.push(...records.map(({ headers }) => headers));
    super.onRecords(epoch, partition, records, nextOffset);
  }
}

test('headers of all kinds are read back as they were sent', async () => {
  const sent: RecordHeaders[] = [
    {},
    { text: Buffer.from('größe'), bytes: Buffer.from([0, 255, 128]), empty: Buffer.alloc(0) },
    { none: null, after: Buffer.from('x') },
    { twice: [Buffer.from('1'), Buffer.from('2')], mixed: [null, Buffer.from('3'), null] },
    { constructor: Buffer.from('of every object'), toString: Buffer.from('too') },
  ];
  const topic = await createTopic(driver, 1);
  const producer = driver.producer();
  const records = sent.map((headers, at) => ({ key: null, value: Buffer.from(`record ${at}`), headers }));
  await producer.send(topic, 0, records);
  await producer.close();
  const reader = new HeaderReader(driver, consumerOptions(uniqueName('reader'), topic));
  await reader.port.start();
  await waitUntil(() => reader.headers.length >= sent.length);
  await reader.port.stop(5_000);
  expect(reader.headers).toEqual(sent);
});
