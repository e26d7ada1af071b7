import { describe, expect, it } from 'vitest';
import { VirtualClock, type EmbeddedKafka } from '../../src/embedded-kafka/index.js';
import { RawTransactions } from '../transactions/raw-transactions.js';
import { clientOf, eventually, later, startBroker, startProducer } from './with-kafkajs.js';

// What only an embedded broker can be made to do; what Apache Kafka does too is in test/transactions.
const transactional = { transactionalId: 'tx', idempotent: true, maxInFlightRequests: 1 };
const offsets = {
  consumerGroupId: 'g',
  topics: [{ topic: 't', partitions: [{ partition: 0, offset: '3' }] }],
};
const record = { topic: 't', messages: [{ value: 'x', partition: 0 }] };

async function startWithTopic(options: Parameters<typeof startBroker>[0] = {}) {
  const { broker } = await startBroker(options);
  broker.createTopic('t', 2);
  return { broker, raw: await RawTransactions.connect([broker.brokers]) };
}

async function openTransaction(broker: EmbeddedKafka, transactionTimeout = 30_000) {
  const producer = await startProducer(clientOf(broker), { ...transactional, transactionTimeout });
  const transaction = await producer.transaction();
  await transaction.send(record);
  return transaction;
}

describe('a transaction that lasts too long', () => {
  it('is aborted by the clock, and its producer fenced', async () => {
    const clock = new VirtualClock({ startMs: 1_700_000_000_000 });
    const { broker, raw } = await startWithTopic({ clock });
    const producer = await raw.initialised('tx');
    await raw.addPartitions(producer, 't');
    expect(await raw.produce(producer, 't')).toBe('NONE');
    await raw.addGroup(producer, 'g');
    await raw.commitOffset(producer, { group: 'g', topic: 't', offset: 3n });
    clock.advance(29_999);
    expect(broker.transaction('tx')).toMatchObject({ state: 'Ongoing', producerEpoch: 0, timeoutMs: 30_000 });
    expect(broker.lastStableOffset('t', 0)).toBe(0n);
    clock.advance(1);
    expect(broker.transaction('tx')).toMatchObject({
      state: 'CompleteAbort',
      producerEpoch: 1,
      partitions: [],
      groups: [],
    });
    expect(broker.lastStableOffset('t', 0)).toBe(2n);
    expect(broker.pendingOffsets('g')).toEqual([]);
    expect(await raw.end(producer, 'commit')).toBe('PRODUCER_FENCED');
    expect(await raw.produce(producer, 't', { baseSequence: 1 })).toBe('INVALID_PRODUCER_EPOCH');
    expect(await raw.initialised('tx')).toEqual({ ...producer, producerEpoch: 2 });
  });

  it('has as long as each new transaction of the producer', async () => {
    const clock = new VirtualClock({ startMs: 1_700_000_000_000 });
    const { broker, raw } = await startWithTopic({ clock });
    const producer = await raw.initialised('tx');
    for (let round = 0; round < 3; round++) {
      await raw.addPartitions(producer, 't');
      clock.advance(29_000);
      await raw.addPartitions(producer, 't', [1]);
      expect(await raw.end(producer, 'commit')).toBe('NONE');
    }
    clock.advance(60_000);
    expect(broker.transaction('tx')).toMatchObject({ state: 'CompleteCommit', producerEpoch: 0 });
  });
});

describe('tests read', () => {
  it('what a transaction touches, and which offsets it wants to commit', async () => {
    const { broker } = await startWithTopic();
    expect(broker.transaction('tx')).toBeUndefined();
    const transaction = await openTransaction(broker);
    await transaction.sendOffsets(offsets);
    expect(broker.transaction('tx')).toEqual({
      state: 'Ongoing',
      producerId: broker.batches('t', 0)[0]!.producerId,
      producerEpoch: 0,
      timeoutMs: 30_000,
      partitions: [{ topic: 't', partition: 0 }],
      groups: ['g'],
    });
    const pending = [{ topic: 't', partition: 0, offset: 3n, metadata: '' }];
    expect([broker.pendingOffsets('g'), broker.committedOffsets('g')]).toEqual([pending, []]);
    await transaction.commit();
    expect([broker.pendingOffsets('g'), broker.committedOffsets('g')]).toEqual([[], pending]);
    expect(broker.transaction('tx')).toMatchObject({ state: 'CompleteCommit', partitions: [], groups: [] });
    expect(broker.records('t', 0).map(({ offset }) => offset)).toEqual([0n]);
    expect(broker.batches('t', 0).map(({ isControl }) => isControl)).toEqual([false, true]);
  });
});

describe('tests can', () => {
  it('hold the markers back, so that the next transaction has to wait for the one before', async () => {
    const { broker, raw } = await startWithTopic();
    const producer = await startProducer(clientOf(broker), transactional);
    const first = await producer.transaction();
    await first.send(record);
    await first.sendOffsets(offsets);
    const markers = broker.holdTransactionMarkers();
    await first.commit();
    expect(broker.transaction('tx')!.state).toBe('PrepareCommit');
    expect([broker.lastStableOffset('t', 0), broker.committedOffsets('g')]).toEqual([0n, []]);
    expect((await raw.init('tx')).error).toBe('CONCURRENT_TRANSACTIONS');
    const refused = broker.faults.on('AddPartitionsToTxn', {
      error: 'CONCURRENT_TRANSACTIONS',
      isHandled: true,
    });
    const second = await producer.transaction();
    const sent = second.send(record);
    await refused.fired();
    markers.release();
    await sent;
    expect(broker.committedOffsets('g')).toMatchObject([{ offset: 3n }]);
    await second.abort();
    expect(broker.lastStableOffset('t', 0)).toBe(4n);
  });

  it('fence a transactional producer in the middle of its transaction', async () => {
    const { broker } = await startWithTopic();
    const transaction = await openTransaction(broker);
    broker.bumpProducerEpoch(broker.transaction('tx')!.producerId);
    expect(broker.transaction('tx')).toMatchObject({ state: 'CompleteAbort', producerEpoch: 1 });
    await expect(transaction.send(record)).rejects.toMatchObject({ type: 'INVALID_PRODUCER_EPOCH' });
    await expect(transaction.commit()).rejects.toMatchObject({ type: 'INVALID_PRODUCER_EPOCH' });
  });

  it('stop the broker in the middle of a transaction, which goes on afterwards', async () => {
    const { broker } = await startWithTopic();
    const transaction = await openTransaction(broker);
    await broker.stop();
    await broker.resume();
    await transaction.send(record);
    await transaction.commit();
    expect(broker.lastStableOffset('t', 0)).toBe(3n);
  });

  it('take the coordinator of a transaction away', async () => {
    const { broker, raw } = await startWithTopic();
    const [producer, other] = [await raw.initialised('tx'), await raw.initialised('other')];
    for (const open of [producer, other]) await raw.addPartitions(open, 't');
    const move = broker.moveCoordinator({ transactionalId: 'tx' });
    expect(await raw.addPartitions(producer, 't', [1])).toEqual({ 1: 'NOT_COORDINATOR' });
    expect(await raw.addGroup(producer, 'g')).toBe('NOT_COORDINATOR');
    expect(await raw.end(producer, 'commit')).toBe('NOT_COORDINATOR');
    expect((await raw.init('tx')).error).toBe('NOT_COORDINATOR');
    expect(await raw.end(other, 'commit')).toBe('NONE');
    expect(broker.transaction('tx')!.state).toBe('Ongoing');
    move.return();
    expect(await raw.end(producer, 'commit')).toBe('NONE');
  });
});

describe('a waiting read_committed fetch', () => {
  it('is answered when the transaction ends', async () => {
    const { broker } = await startWithTopic();
    const transaction = await openTransaction(broker);
    // Longer than `eventually` waits for it, and no longer: to disconnect waits for a fetch that is under way.
    const consumer = clientOf(broker).consumer({ groupId: 'reader', maxWaitTimeInMs: 12_000 });
    later(() => consumer.disconnect());
    const values: string[] = [];
    await consumer.connect();
    await consumer.subscribe({ topics: ['t'], fromBeginning: true });
    await consumer.run({
      eachMessage: ({ message }) => {
        values.push(String(message.value));
        return Promise.resolve();
      },
    });
    const fetches = broker.faults.on('Fetch', { delayMs: 0, times: Infinity });
    await fetches.fired();
    await transaction.commit();
    await eventually(() => expect(values).toEqual(['x']));
  });
});
