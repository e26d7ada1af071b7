// Run by node:test itself, on the built package: see other-runners.test.ts.
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import kafkajs from 'kafkajs';
import { TestKafka, uploadFiles } from 'kafka-reproducer/testing';

let kafka;
beforeEach(async () => {
  kafka = await TestKafka.start({ topics: { files: 2 } });
});
afterEach(() => kafka.stop());

test('a topic has what was uploaded to it', async () => {
  await uploadFiles(kafka, 'files', { 'a.csv': '1\n', 'b.csv': '2\n' });
  await kafka.untilMessages('files', 2);
  const admin = new kafkajs.Kafka({ brokers: [kafka.brokers], logLevel: kafkajs.logLevel.NOTHING }).admin();
  await admin.connect();
  assert.deepEqual(await admin.listTopics(), ['files']);
  await admin.disconnect();
});

test('several brokers run at once', async () => {
  const others = await Promise.all([TestKafka.start(), TestKafka.start()]);
  assert.equal(new Set([kafka, ...others].map(({ port }) => port)).size, 3);
  await Promise.all(others.map(other => other.stop()));
});
