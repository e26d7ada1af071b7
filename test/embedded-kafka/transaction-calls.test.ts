import { describe, expect, it } from 'vitest';
import { VirtualClock, type EmbeddedKafka } from '../../src/embedded-kafka/index.js';
import { errorCodes } from '../../src/embedded-kafka/protocol/error-codes.js';
import { RawTransactions } from '../transactions/raw-transactions.js';
import { type AdminCall } from './admin-calls.js';
import { RawClient } from './raw-client.js';
import {
  describeProducersCall,
  describeTransactionsCall,
  listTransactionsCall,
  type TransactionFilter,
} from './transaction-calls.js';
import { startBroker } from './with-kafkajs.js';

async function ask<Answer>(broker: EmbeddedKafka, call: AdminCall<Answer>): Promise<Answer> {
  const client = await RawClient.connect(broker.port);
  return call.decode(await client.exchange(call.key, call.version, call.body));
}

const startMs = 1_700_000_000_000;

/** A broker with one open transaction, of the id `tx`, in partition 0 of `t`. */
async function startWithOpenTransaction() {
  const clock = new VirtualClock({ startMs });
  const { broker } = await startBroker({ clock });
  broker.createTopic('t', 2);
  const raw = await RawTransactions.connect([broker.brokers]);
  const producer = await raw.initialised('tx');
  await raw.addPartitions(producer, 't');
  await raw.produce(producer, 't');
  return { broker, raw, producer, clock };
}

describe('DescribeProducers', () => {
  it('tells where an open transaction starts, and the epoch of the last marker once it has ended', async () => {
    const { broker, raw, producer } = await startWithOpenTransaction();
    const during = await ask(broker, describeProducersCall('t', 0));
    const { producerId } = producer;
    expect(during.producers).toMatchObject([
      { producerId, epoch: 0, lastSequence: 0, coordinatorEpoch: -1, firstOffset: 0n },
    ]);
    await raw.end(producer, 'commit');
    const after = await ask(broker, describeProducersCall('t', 0));
    const lastTimestamp = BigInt(startMs);
    expect(after.producers).toMatchObject([
      { producerId, lastSequence: 0, lastTimestamp, coordinatorEpoch: 0, firstOffset: -1n },
    ]);
    expect(await ask(broker, describeProducersCall('t', 1))).toEqual({ code: 0, producers: [] });
  });

  it('does not know partitions that are missing', async () => {
    const { broker } = await startBroker();
    const code = errorCodes.UNKNOWN_TOPIC_OR_PARTITION;
    expect(await ask(broker, describeProducersCall('t', 0))).toEqual({ code, producers: [] });
  });
});

describe('DescribeTransactions', () => {
  it('shows what an open transaction touches', async () => {
    const { broker, producer } = await startWithOpenTransaction();
    const [known, unknown] = await ask(broker, describeTransactionsCall('tx', 'nobody'));
    expect(known).toEqual({
      code: 0,
      state: 'Ongoing',
      timeoutMs: 30_000,
      startedMs: BigInt(startMs),
      ...producer,
      topics: [['t', [0]]],
    });
    expect(unknown).toMatchObject({ code: errorCodes.TRANSACTIONAL_ID_NOT_FOUND, transactionalId: 'nobody' });
  });
});

describe('ListTransactions', () => {
  it('filters by state, producer and duration', async () => {
    const { broker, raw, producer, clock } = await startWithOpenTransaction();
    await raw.initialised('other');
    clock.advance(1_000);
    const idsFor = async (filter: TransactionFilter) =>
      (await ask(broker, listTransactionsCall(filter))).found.map(([id]) => id);
    expect(await idsFor({})).toEqual(['tx', 'other']);
    expect(await idsFor({ states: ['Ongoing'] })).toEqual(['tx']);
    expect(await idsFor({ states: ['CompleteCommit'] })).toEqual([]);
    expect(await idsFor({ producerIds: [producer.producerId] })).toEqual(['tx']);
    expect(await idsFor({ longerThanMs: 999n, states: ['Ongoing'] })).toEqual(['tx']);
    expect(await idsFor({ longerThanMs: 1_000n, states: ['Ongoing'] })).toEqual([]);
  });

  it('names states that there are not', async () => {
    const { broker } = await startBroker();
    const { unknownStates } = await ask(broker, listTransactionsCall({ states: ['Busy', 'Dead'] }));
    expect(unknownStates).toEqual(['Busy']);
  });
});
