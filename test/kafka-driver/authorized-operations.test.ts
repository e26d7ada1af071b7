import { expect, test } from 'vitest';
import { createTopic, useTestBroker, uniqueName } from './brokers.js';

const broker = useTestBroker();
const operations = ['READ', 'WRITE', 'CREATE', 'DESCRIBE'];

test('a broker without access rights lets everybody do everything with the topics that are there', async () => {
  const topics = [await createTopic(broker.driver, 3), await createTopic(broker.driver, 1)];
  const admin = await broker.driver.admin();
  const found = await admin.topicOperations([...topics, uniqueName('missing')]).finally(() => admin.close());
  expect([...found!.keys()].sort()).toEqual(topics.sort());
  for (const may of found!.values()) expect([...may]).toEqual(operations);
});

test('a group that nobody has joined yet may be used', async () => {
  const admin = await broker.driver.admin();
  const found = await admin.groupOperations(uniqueName('group')).finally(() => admin.close());
  // The embedded broker tells nothing of a group that is not there; null is no problem.
  if (found !== null) expect([...found]).toEqual(['READ', 'DESCRIBE']);
});
