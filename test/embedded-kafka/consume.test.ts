import { describe, expect, it } from 'vitest';
import { RawClient } from './raw-client.js';
import { eventually, startAdmin, startBroker, startMember, startProducer } from './with-kafkajs.js';

describe('kafkajs consumers', () => {
  it('receive what was produced, with keys, headers and timestamps', async () => {
    const { broker, kafka } = await startBroker();
    broker.createTopic('t', 2);
    const producer = await startProducer(kafka);
    const headers = { plain: 'x', twice: ['a', 'b'] };
    await producer.send({
      topic: 't',
      messages: [
        { partition: 1, key: 'k', value: 'v', timestamp: '1700000000000', headers },
        { partition: 1, key: null, value: null },
      ],
    });
    const [first, second] = broker.records('t', 1);
    expect(first).toMatchObject({ offset: 0n, timestamp: 1_700_000_000_000n });
    expect([first!.key!.toString(), first!.value!.toString()]).toEqual(['k', 'v']);
    expect(first!.headers.map(({ name, value }) => `${name}=${value?.toString()}`)).toEqual([
      'plain=x',
      'twice=a',
      'twice=b',
    ]);
    expect(second).toMatchObject({ offset: 1n, key: null, value: null });
    const member = await startMember(broker, 't');
    await eventually(() => expect(member.received).toEqual(['1@0=v', '1@1=undefined']));
  });

  it('share partitions, and share them again when one leaves', async () => {
    const { broker, kafka } = await startBroker();
    broker.createTopic('t', 4);
    const first = await startMember(broker, 't');
    const second = await startMember(broker, 't');
    await eventually(() => {
      expect([...first.assigned(), ...second.assigned()].sort()).toEqual([0, 1, 2, 3]);
      expect(second.assigned()).toHaveLength(2);
    });
    const producer = await startProducer(kafka);
    const send = (value: string) =>
      producer.send({ topic: 't', messages: [0, 1, 2, 3].map(partition => ({ partition, value })) });
    await send('one');
    await eventually(() => expect(first.received.length + second.received.length).toBe(4));
    expect(first.received).toHaveLength(2);
    await second.consumer.disconnect();
    await eventually(() => expect(first.assigned()).toHaveLength(4));
    await send('two');
    await eventually(() =>
      expect(first.received.filter(text => text.endsWith('=two')).sort()).toEqual([
        '0@1=two',
        '1@1=two',
        '2@1=two',
        '3@1=two',
      ]),
    );
    expect(broker.group('group')!.members).toHaveLength(1);
  });

  it('lose their partitions when they send no heartbeat for a session timeout', async () => {
    const { broker, kafka } = await startBroker();
    broker.createTopic('t', 2);
    const producer = await startProducer(kafka);
    let thaw!: () => void;
    const frozen = new Promise<void>(resolve => (thaw = resolve));
    const first = await startMember(broker, 't', { sessionTimeout: 300, onBatch: () => frozen });
    await producer.send({ topic: 't', messages: [{ partition: 0, value: 'x' }] });
    await eventually(() => expect(first.received).toEqual(['0@0=x']));
    const second = await startMember(broker, 't');
    await eventually(() => expect(second.received).toEqual(['0@0=x']));
    expect(second.assigned()).toEqual([0, 1]);
    expect(broker.group('group')!.members).toHaveLength(1);
    thaw();
    await eventually(() => expect(first.assigned().length + second.assigned().length).toBe(2));
  });

  it('read a message larger than they fetch at once, and nothing twice where a fetch takes a part of the log', async () => {
    const { broker, kafka } = await startBroker();
    broker.createTopic('t', 1, { 'max.message.bytes': '5000000' });
    const producer = await startProducer(kafka);
    const values = Array.from({ length: 12 }, (_, index) =>
      String(index).repeat(index === 7 ? 2_000_000 : 30_000),
    );
    for (const value of values) await producer.send({ topic: 't', messages: [{ value }] });
    const member = await startMember(broker, 't', { maxBytesPerPartition: 100_000 });
    await eventually(() => expect(member.received).toHaveLength(12));
    expect(member.received).toEqual(values.map((value, index) => `0@${index}=${value}`));
  });

  it('go on from the start of the log when their offset was deleted', async () => {
    const { broker, kafka } = await startBroker();
    broker.createTopic('t', 1);
    const producer = await startProducer(kafka);
    const admin = await startAdmin(kafka);
    for (const value of ['a', 'b', 'c']) await producer.send({ topic: 't', messages: [{ value }] });
    const client = await RawClient.connect(broker.port);
    expect(await client.commit('group', 't', 0, 0n)).toBe(0);
    await admin.fetchTopicOffsets('t');
    await admin.deleteTopicRecords({ topic: 't', partitions: [{ partition: 0, offset: '2' }] });
    expect(broker.offsets('t', 0)).toEqual({ start: 2n, end: 3n });
    const member = await startMember(broker, 't');
    await eventually(() => expect(member.received).toEqual(['0@2=c']));
  });

  it('go on by themselves after the broker was away', async () => {
    const { broker, kafka } = await startBroker();
    broker.createTopic('t', 1);
    const producer = await startProducer(kafka);
    const member = await startMember(broker, 't');
    await producer.send({ topic: 't', messages: [{ value: 'before' }] });
    await eventually(() => expect(member.received).toEqual(['0@0=before']));
    const { port } = broker;
    await broker.stop();
    await broker.stop();
    const sent = producer.send({ topic: 't', messages: [{ value: 'after' }] });
    await broker.resume();
    expect(broker.port).toBe(port);
    await sent;
    await eventually(() => expect(member.received.at(-1)).toBe('0@1=after'));
  });
});
