import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startTestBroker, uniqueName, type TestBroker } from '../kafka-driver/brokers.js';
import { TransactionalClients } from './transactional-clients.js';

// Runs on the embedded broker and on Apache Kafka: what kafkajs's users see of transactions is the same.
let broker: TestBroker;
let clients: TransactionalClients;

beforeAll(async () => {
  broker = await startTestBroker();
}, 60_000);
afterAll(() => broker.stop());
beforeEach(() => {
  clients = new TransactionalClients(broker.brokers);
});
afterEach(() => clients.close());

const messages = (...values: string[]) => values.map(value => ({ value, partition: 0 }));

describe('a transaction', () => {
  it('shows its records to read_committed readers when it was committed, and never when it was aborted', async () => {
    const topic = await clients.topic();
    const producer = await clients.producer(uniqueName('tx'));
    for (const [value, end] of [
      ['a', 'commit'],
      ['b', 'abort'],
      ['c', 'commit'],
      ['d', 'abort'],
    ] as const) {
      const transaction = await producer.transaction();
      await transaction.send({ topic, messages: messages(`${value}1`, `${value}2`) });
      await transaction.send({ topic, messages: messages(`${value}3`) });
      await transaction[end]();
    }
    await (await clients.plainProducer()).send({ topic, messages: messages('end') });
    expect(await clients.valuesUpTo(topic, 'end', true)).toEqual(['a1', 'a2', 'a3', 'c1', 'c2', 'c3', 'end']);
    expect(await clients.valuesUpTo(topic, 'end', false)).toEqual([
      ...['a1', 'a2', 'a3', 'b1', 'b2', 'b3', 'c1', 'c2', 'c3', 'd1', 'd2', 'd3', 'end'],
    ]);
  });

  it('holds read_committed readers back while it is open, also from what others wrote after it', async () => {
    const topic = await clients.topic();
    const plain = await clients.plainProducer();
    await plain.send({ topic, messages: messages('before') });
    const transaction = await (await clients.producer(uniqueName('tx'))).transaction();
    await transaction.send({ topic, messages: messages('open') });
    await plain.send({ topic, messages: messages('after') });
    expect(await clients.valuesUpTo(topic, 'after', false)).toEqual(['before', 'open', 'after']);
    const seen = await clients.valuesUpTo(topic, 'before', true);
    expect(seen).toEqual(['before']);
    const reading = clients.valuesUpTo(topic, 'after', true);
    await transaction.commit();
    expect(await reading).toEqual(['before', 'open', 'after']);
  });

  it('ends in all its partitions and topics', async () => {
    const topics = [await clients.topic(2), await clients.topic(1)];
    const producer = await clients.producer(uniqueName('tx'));
    for (const end of ['abort', 'commit'] as const) {
      const transaction = await producer.transaction();
      const sent = topics.map(topic => ({ topic, messages: messages(end) }));
      sent[0]!.messages.push({ value: end, partition: 1 });
      await transaction.sendBatch({ topicMessages: sent });
      await transaction[end]();
    }
    for (const topic of topics) expect(await clients.valuesUpTo(topic, 'commit', true)).toContain('commit');
    expect(await clients.valuesUpTo(topics[1]!, 'commit', true)).toEqual(['commit']);
  });

  it('stores its offsets when it was committed, and drops them when it was aborted', async () => {
    const topic = await clients.topic(2);
    await clients.groupsAreServed(topic);
    const group = uniqueName('group');
    const producer = await clients.producer(uniqueName('tx'));
    const end = async (result: 'commit' | 'abort', offsets: readonly string[]) => {
      const transaction = await producer.transaction();
      await transaction.send({ topic, messages: messages(result) });
      const partitions = offsets.map((offset, partition) => ({ partition, offset, metadata: `m${offset}` }));
      await transaction.sendOffsets({ consumerGroupId: group, topics: [{ topic, partitions }] });
      expect(await clients.committed(group, topic)).toEqual(before);
      await transaction[result]();
    };
    let before = ['0:-1/null', '1:-1/null'];
    await end('abort', ['1', '2']);
    await end('commit', ['3', '4']);
    before = ['0:3/m3', '1:4/m4'];
    await end('abort', ['5']);
    expect(await clients.committed(group, topic)).toEqual(before);
  });
});

describe('the second producer of a transactional id', () => {
  it('aborts the transaction of the first one, which can do nothing more', async () => {
    const topic = await clients.topic();
    await clients.groupsAreServed(topic);
    const group = uniqueName('group');
    const id = uniqueName('tx');
    const zombie = await (await clients.producer(id)).transaction();
    await zombie.send({ topic, messages: messages('zombie') });
    const transaction = await (await clients.producer(id)).transaction();
    await transaction.send({ topic, messages: messages('heir') });
    const fenced = { type: 'INVALID_PRODUCER_EPOCH' };
    await expect(zombie.send({ topic, messages: messages('late') })).rejects.toMatchObject(fenced);
    const offsets = [{ topic, partitions: [{ partition: 0, offset: '1' }] }];
    await expect(zombie.sendOffsets({ consumerGroupId: group, topics: offsets })).rejects.toMatchObject(
      fenced,
    );
    await expect(zombie.commit()).rejects.toMatchObject(fenced);
    await transaction.commit();
    expect(await clients.valuesUpTo(topic, 'heir', true)).toEqual(['heir']);
    expect(await clients.valuesUpTo(topic, 'heir', false)).toEqual(['zombie', 'heir']);
    expect(await clients.committed(group, topic)).toEqual(['0:-1/null']);
  });
});
