import { afterAll, beforeAll, expect, test } from 'vitest';
import { EmbeddedKafka } from '../../src/embedded-kafka/index.js';
import { driverFor } from './brokers.js';
import { loseNext } from './next-request.js';

const partitionCount = 2;
const recordCount = 400;
let kafka: EmbeddedKafka;

beforeAll(async () => {
  kafka = await EmbeddedKafka.start({ autoCreateTopics: false });
  kafka.createTopic('chunks', partitionCount);
});
afterAll(() => kafka.stop());

async function textsOnTopic(): Promise<string[]> {
  const texts: string[] = [];
  const onRecord = ({ value }: { value: Buffer | null }): void => void texts.push(value!.toString());
  await driverFor([kafka.brokers]).readToEnd({ topic: 'chunks', from: new Map(), onRecord });
  return texts.sort();
}

test('a producer that may repeat sends all of overlapping calls, and refuses what comes after its end', async () => {
  const producer = driverFor([kafka.brokers]).producer({ mayRepeat: true });
  const expected = Array.from({ length: recordCount }, (_, at) => `record ${at}`).sort();
  await Promise.all(
    expected.map((text, at) => {
      const record = { key: null, value: Buffer.from(text), headers: {} };
      return producer.send('chunks', at % partitionCount, [record]);
    }),
  );
  await producer.close();
  expect(await textsOnTopic()).toEqual(expected);
  await expect(
    producer.send('chunks', 0, [{ key: null, value: Buffer.from('x'), headers: {} }]),
  ).rejects.toThrow('the producer is closed');
});

test('a request or an answer that is lost makes no record missing', async () => {
  const before = (await textsOnTopic()).length;
  const producer = driverFor([kafka.brokers]).producer({ mayRepeat: true });
  const send = (text: string) =>
    producer.send('chunks', 0, [{ key: null, value: Buffer.from(text), headers: {} }]);
  await send('first');
  loseNext('Produce', 'answer');
  await send('twice');
  loseNext('Produce', 'request');
  await send('once');
  await producer.close();
  const texts = await textsOnTopic();
  const countOf = (wanted: string) => texts.filter(text => text === wanted).length;
  // The broker had the first of them already; readers know a chunk that comes again.
  expect([countOf('first'), countOf('twice'), countOf('once')]).toEqual([1, 2, 1]);
  expect(texts).toHaveLength(before + 4);
});

test('a topic that does not exist is told', async () => {
  const producer = driverFor([kafka.brokers]).producer({ mayRepeat: true });
  await expect(producer.partitionCount('other')).rejects.toThrow('other');
  await producer.close();
});
