import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { batchHeaderBytes } from '../../src/embedded-kafka/protocol/record-batch.js';
import { startTestBroker, uniqueName, type TestBroker } from '../kafka-driver/brokers.js';
import { waitUntil } from '../kafka-driver/wait-until.js';
import { RawTransactions } from './raw-transactions.js';
import { TransactionalClients } from './transactional-clients.js';

// Every answer here was given by Apache Kafka 4.1 too: the same tests run on it.
let broker: TestBroker;
let clients: TransactionalClients;
let raw: RawTransactions;
let topic: string;
let id: string;
let group: string;

beforeAll(async () => {
  broker = await startTestBroker();
}, 60_000);
afterAll(() => broker.stop());
beforeEach(async () => {
  clients = new TransactionalClients(broker.brokers);
  raw = await RawTransactions.connect(broker.brokers);
  topic = await clients.topic(2);
  [id, group] = [uniqueName('tx'), uniqueName('group')];
  await clients.groupsAreServed(topic);
  await (await clients.producer(id)).transaction().then(transaction => transaction.abort());
});
afterEach(() => clients.close());

describe('InitProducerId', () => {
  it('raises the epoch each time', async () => {
    const first = await raw.initialised(id);
    const second = await raw.initialised(id);
    expect(second).toEqual({ ...first, producerEpoch: first.producerEpoch + 1 });
  });

  it('gives a producer that says who it was the next epoch, and the same once more if it repeats that', async () => {
    const former = await raw.initialised(id);
    const next = { error: 'NONE', producer: { ...former, producerEpoch: former.producerEpoch + 1 } };
    expect(await raw.init(id, former)).toEqual(next);
    expect(await raw.init(id, former)).toEqual(next);
    expect(await raw.init(id, next.producer)).toMatchObject({ error: 'NONE' });
    expect((await raw.init(id, former)).error).toBe('PRODUCER_FENCED');
    expect((await raw.init(id, former, { version: 3 })).error).toBe('INVALID_PRODUCER_EPOCH');
    expect((await raw.init(id, { ...former, producerId: former.producerId + 99_999n })).error).toBe(
      'PRODUCER_FENCED',
    );
  });

  it('aborts an open transaction, which takes an epoch, and says that it shall be asked again', async () => {
    const former = await raw.initialised(id);
    expect(await raw.addPartitions(former, topic)).toEqual({ 0: 'NONE' });
    expect((await raw.init(id)).error).toBe('CONCURRENT_TRANSACTIONS');
    expect(await raw.initialised(id)).toEqual({ ...former, producerEpoch: former.producerEpoch + 2 });
    expect((await raw.fetch(topic, 0n, true)).end).toBe(1n);
  });

  it('refuses what makes no sense', async () => {
    const refusal = async (...args: Parameters<RawTransactions['init']>) => (await raw.init(...args)).error;
    expect(await refusal('')).toBe('INVALID_REQUEST');
    expect(await refusal(id, undefined, { timeoutMs: 0 })).toBe('INVALID_TRANSACTION_TIMEOUT');
    expect(await refusal(id, undefined, { timeoutMs: 900_001 })).toBe('INVALID_TRANSACTION_TIMEOUT');
    expect(await refusal(id, { producerId: 1n, producerEpoch: -1 })).toBe('INVALID_REQUEST');
    expect(await refusal(id, { producerId: -1n, producerEpoch: 1 })).toBe('INVALID_REQUEST');
  });
});

describe('a fenced producer', () => {
  it('is refused in every request, as its version knows to say it', async () => {
    const old = await raw.initialised(id);
    await raw.addPartitions(old, topic);
    await raw.addGroup(old, group);
    await raw.initialised(id);
    const [fenced, oldFenced] = ['PRODUCER_FENCED', 'INVALID_PRODUCER_EPOCH'];
    expect(await raw.addPartitions(old, topic)).toEqual({ 0: fenced });
    expect(await raw.addPartitions(old, topic, [0], 1)).toEqual({ 0: oldFenced });
    expect(await raw.addGroup(old, group)).toBe(fenced);
    expect(await raw.addGroup(old, group, 1)).toBe(oldFenced);
    expect(await raw.end(old, 'commit')).toBe(fenced);
    expect(await raw.end(old, 'abort', 1)).toBe(oldFenced);
    expect(await raw.commitOffset(old, { group, topic, offset: 1n })).toBe(oldFenced);
    expect(await raw.commitOffset(old, { group, topic, offset: 1n }, 1)).toBe(oldFenced);
    expect(await raw.produce(old, topic)).toBe(oldFenced);
  });
});

describe('a producer that the coordinator does not know', () => {
  it('is refused in every request', async () => {
    const known = await raw.initialised(id);
    const unknown = { ...known, producerId: known.producerId + 99_999n };
    const mapping = 'INVALID_PRODUCER_ID_MAPPING';
    expect(await raw.addPartitions(unknown, topic)).toEqual({ 0: mapping });
    expect(await raw.addGroup(unknown, group)).toBe(mapping);
    expect(await raw.end(unknown, 'commit')).toBe(mapping);
    expect(await raw.commitOffset(unknown, { group, topic, offset: 1n })).toBe(mapping);
    expect(await raw.produce(unknown, topic)).toBe(mapping);
    expect(await raw.end({ ...known, transactionalId: uniqueName('tx') }, 'commit')).toBe(mapping);
    expect(await raw.end({ ...known, transactionalId: '' }, 'commit')).toBe('INVALID_REQUEST');
  });
});

describe('AddPartitionsToTxn', () => {
  it('adds all or nothing', async () => {
    const producer = await raw.initialised(id);
    expect(await raw.addPartitions(producer, topic, [0, 7, 1])).toEqual({
      0: 'OPERATION_NOT_ATTEMPTED',
      1: 'OPERATION_NOT_ATTEMPTED',
      7: 'UNKNOWN_TOPIC_OR_PARTITION',
    });
    expect(await raw.end(producer, 'commit')).toBe('INVALID_TXN_STATE');
    expect(await raw.addPartitions(producer, topic, [0, 1])).toEqual({ 0: 'NONE', 1: 'NONE' });
    expect(await raw.addPartitions(producer, topic, [0, 1])).toEqual({ 0: 'NONE', 1: 'NONE' });
  });
});

describe('EndTxn', () => {
  it('may be repeated, but not be changed', async () => {
    const producer = await raw.initialised(id);
    expect(await raw.end(producer, 'commit')).toBe('INVALID_TXN_STATE');
    expect(await raw.end(producer, 'abort')).toBe('INVALID_TXN_STATE');
    await raw.addPartitions(producer, topic);
    expect(await raw.end(producer, 'commit')).toBe('NONE');
    expect(await raw.end(producer, 'commit')).toBe('NONE');
    expect(await raw.end(producer, 'abort')).toBe('INVALID_TXN_STATE');
    await raw.addGroup(producer, group);
    expect(await raw.end(producer, 'abort')).toBe('NONE');
    expect(await raw.end(producer, 'abort')).toBe('NONE');
    expect(await raw.end(producer, 'commit')).toBe('INVALID_TXN_STATE');
  });
});

describe('Produce', () => {
  it('takes batches of a transaction only in partitions that were added to it', async () => {
    const producer = await raw.initialised(id);
    expect(await raw.produce(producer, topic)).toBe('INVALID_TXN_STATE');
    await raw.addPartitions(producer, topic, [1]);
    expect(await raw.produce(producer, topic)).toBe('INVALID_TXN_STATE');
    await raw.addPartitions(producer, topic, [0]);
    expect(await raw.produce(producer, topic)).toBe('NONE');
    expect(await raw.produce(producer, topic, { baseSequence: 1, isTransactional: false })).toBe(
      'INVALID_TXN_STATE',
    );
    expect(await raw.produce(producer, topic, { baseSequence: 1 })).toBe('NONE');
    expect(await raw.end(producer, 'commit')).toBe('NONE');
    await waitUntil(async () => (await raw.fetch(topic, 0n, true)).stable === 3n);
    expect(await raw.produce(producer, topic, { baseSequence: 2 })).toBe('INVALID_TXN_STATE');
  });

  it('takes no control batches, and no transactional ones from a request that names no transaction', async () => {
    const producer = await raw.initialised(id);
    await raw.addPartitions(producer, topic);
    expect(await raw.produce(producer, topic, { isControl: true })).toBe('INVALID_RECORD');
    expect(await raw.produce(producer, topic, {}, null)).toBe('TRANSACTIONAL_ID_AUTHORIZATION_FAILED');
  });
});

describe('TxnOffsetCommit', () => {
  const offsets = () => ({ group, topic, offset: 3n });

  it('is refused unless the group was added, and where a plain commit would be', async () => {
    const producer = await raw.initialised(id);
    expect(await raw.commitOffset(producer, offsets())).toBe('INVALID_TXN_STATE');
    await raw.addGroup(producer, group);
    expect(await raw.commitOffset(producer, { ...offsets(), topic: uniqueName('none') })).toBe(
      'UNKNOWN_TOPIC_OR_PARTITION',
    );
    expect(await raw.commitOffset(producer, { ...offsets(), metadata: 'm'.repeat(4_097) })).toBe(
      'OFFSET_METADATA_TOO_LARGE',
    );
    expect(await raw.commitOffset(producer, { ...offsets(), group: '' })).toBe('INVALID_GROUP_ID');
    expect(await raw.commitOffset(producer, { ...offsets(), generationId: 1, memberId: 'm' })).toBe(
      'UNKNOWN_MEMBER_ID',
    );
    const fresh = uniqueName('group');
    await raw.addGroup(producer, fresh);
    expect(await raw.commitOffset(producer, { ...offsets(), group: fresh, generationId: 1 })).toBe(
      'ILLEGAL_GENERATION',
    );
    expect(await raw.commitOffset(producer, offsets())).toBe('NONE');
  });

  it('hides offsets until the commit; a reader that wants stable ones is told to wait', async () => {
    const producer = await raw.initialised(id);
    await raw.addGroup(producer, group);
    expect(await raw.committed(group, topic, true)).toBe('-1');
    expect(await raw.commitOffset(producer, offsets())).toBe('NONE');
    expect(await raw.committed(group, topic)).toBe('-1');
    expect(await raw.committed(group, topic, true)).toBe('UNSTABLE_OFFSET_COMMIT');
    await raw.end(producer, 'abort');
    await waitUntil(async () => (await raw.committed(group, topic, true)) === '-1');
    await raw.addGroup(producer, group);
    await raw.commitOffset(producer, { ...offsets(), offset: 4n }, 1);
    await raw.end(producer, 'commit');
    await waitUntil(async () => (await raw.committed(group, topic, true)) === '4');
  });

  it('loses against a plain commit that came after it', async () => {
    const producer = await raw.initialised(id);
    await raw.addGroup(producer, group);
    await raw.commitOffset(producer, offsets());
    expect(await raw.commitPlainly({ group, topic, offset: 9n })).toBe('NONE');
    expect(await raw.committed(group, topic)).toBe('9');
    await raw.end(producer, 'commit');
    await waitUntil(async () => (await raw.committed(group, topic, true)) === '9');
  });

  it('checks generation and member from version 3 on, if they are named', async () => {
    const memberId = await clients.joinedMember(group, topic);
    const producer = await raw.initialised(id);
    await raw.addGroup(producer, group);
    const commit = (member: { generationId?: number; memberId?: string }, version = 3) =>
      raw.commitOffset(producer, { ...offsets(), ...member }, version);
    expect(await commit({ generationId: 1, memberId })).toBe('NONE');
    expect(await commit({ generationId: 2, memberId })).toBe('ILLEGAL_GENERATION');
    expect(await commit({ generationId: 1, memberId: 'nobody' })).toBe('UNKNOWN_MEMBER_ID');
    expect(await commit({ generationId: 1 })).toBe('UNKNOWN_MEMBER_ID');
    expect(await commit({ memberId })).toBe('ILLEGAL_GENERATION');
    expect(await commit({})).toBe('NONE');
    expect(await commit({}, 1)).toBe('NONE');
  });
});

describe('read_committed', () => {
  it('ends at the last stable offset, and names the aborted transactions of what it reads', async () => {
    const [a, b] = [await raw.initialised(id), await raw.initialised(uniqueName('tx'))];
    for (const producer of [a, b]) await raw.addPartitions(producer, topic);
    await raw.produce(a, topic); // 0
    await raw.produce(b, topic); // 1
    expect(await raw.fetch(topic, 0n, true)).toMatchObject({ end: 2n, stable: 0n, aborted: [], batches: [] });
    expect(await raw.fetch(topic, 0n, false)).toMatchObject({ end: 2n, stable: 0n, aborted: null });
    await raw.end(b, 'abort'); // 2
    await waitUntil(async () => (await raw.fetch(topic, 0n, false)).end === 3n);
    expect(await raw.fetch(topic, 0n, true)).toMatchObject({ stable: 0n, batches: [] });
    expect(await raw.offsetAt(topic, -1n, true)).toBe(0n);
    expect(await raw.offsetAt(topic, 0n, true)).toBe(-1n);
    expect(await raw.offsetAt(topic, 0n, false)).toBe(0n);
    await raw.end(a, 'commit'); // 3
    await waitUntil(async () => (await raw.fetch(topic, 0n, true)).stable === 4n);
    const aborted = [{ producerId: b.producerId, from: 1n }];
    expect(await raw.fetch(topic, 0n, true)).toMatchObject({ end: 4n, stable: 4n, aborted });
    expect(await raw.fetch(topic, 2n, true)).toMatchObject({ aborted });
    expect(await raw.fetch(topic, 3n, true)).toMatchObject({ aborted: [] });
    expect(await raw.offsetAt(topic, -1n, true)).toBe(4n);
  });

  it('reads control batches that say how a transaction ended', async () => {
    const producer = await raw.initialised(id);
    for (const result of ['commit', 'abort'] as const) {
      await raw.addPartitions(producer, topic);
      await raw.end(producer, result);
    }
    await waitUntil(async () => (await raw.fetch(topic, 0n, true)).stable === 2n);
    const { batches } = await raw.fetch(topic, 0n, true);
    const { producerId, producerEpoch } = producer;
    for (const batch of batches) {
      expect(batch).toMatchObject({
        isControl: true,
        isTransactional: true,
        recordCount: 1,
        lastOffsetDelta: 0,
      });
      expect(batch).toMatchObject({ producerId, producerEpoch, baseSequence: -1, byteLength: 78 });
    }
    // Key: version 0, type 1 (commit) or 0 (abort). Value: version 0, epoch of the coordinator. No headers.
    expect(batches.map(({ bytes }) => bytes.subarray(batchHeaderBytes).toString('hex'))).toEqual([
      ['20', '000000', '0800000001', '0c000000000000', '00'].join(''),
      ['20', '000000', '0800000000', '0c000000000000', '00'].join(''),
    ]);
  });
});
