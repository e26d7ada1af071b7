import { describe, expect, it } from 'vitest';
import { EmbeddedKafka, VirtualClock, type FaultOptions } from '../../../src/embedded-kafka/index.js';
import { RawClient } from '../raw-client.js';
import { eventually, later, startBroker, startMember, startProducer } from '../with-kafkajs.js';

const code = { NONE: 0, REQUEST_TIMED_OUT: 7, REBALANCE_IN_PROGRESS: 27 };

/** A broker with a topic, and a client that says nothing by itself. */
async function start(options: Parameters<typeof startBroker>[0] = {}) {
  const { broker, kafka } = await startBroker(options);
  broker.createTopic('t', 1);
  broker.createTopic('u', 1);
  const client = await RawClient.connect(broker.port);
  const offsets = (): bigint[] => broker.committedOffsets('g').map(({ offset }) => offset);
  return { broker, kafka, client, offsets };
}

describe('a fault', () => {
  it('disturbs the n-th request, as often as it says, and no other', async () => {
    const { broker, client } = await start();
    const fault = broker.faults.on('OffsetCommit', { error: 'REBALANCE_IN_PROGRESS', nth: 2, times: 2 });
    const codes: number[] = [];
    for (let offset = 0n; offset < 5n; offset++) codes.push(await client.commit('g', 't', 0, offset));
    const { NONE, REBALANCE_IN_PROGRESS } = code;
    expect(codes).toEqual([NONE, REBALANCE_IN_PROGRESS, REBALANCE_IN_PROGRESS, NONE, NONE]);
    expect(fault.firedCount).toBe(2);
    expect(fault.isArmed).toBe(false);
  });

  it.each([
    ['a topic', { topic: 'u' }, ['g/u']],
    ['a group', { group: 'h' }, ['h/t']],
    ['both', { group: 'h', topic: 'u' }, []],
    ['a client id', { clientId: 'raw' }, ['g/t', 'g/u', 'h/t']],
    ['another client id', { clientId: 'other' }, []],
    [
      'a function',
      ({ topics, version }: { topics: readonly string[]; version: number }) =>
        topics[0] === 'u' && version === 5,
      ['g/u'],
    ],
  ] as const)('can be limited to %s', async (_, when, expected) => {
    const { broker, client } = await start();
    broker.faults.on('OffsetCommit', { error: 'REQUEST_TIMED_OUT', when, times: Infinity });
    const refused: string[] = [];
    for (const [group, topic] of [
      ['g', 't'],
      ['g', 'u'],
      ['h', 't'],
    ] as const) {
      if ((await client.commit(group, topic, 0, 1n)) !== code.NONE) refused.push(`${group}/${topic}`);
    }
    expect(refused).toEqual(expected);
  });

  it('drops a request, or only the answer to one that is handled', async () => {
    const { broker, client, offsets } = await start();
    const request = broker.faults.on('OffsetCommit', { drop: 'request' });
    void client.commit('g', 't', 0, 1n);
    await request.fired();
    expect(offsets()).toEqual([]);
    const response = broker.faults.on('OffsetCommit', { drop: 'response' });
    void client.commit('g', 't', 0, 2n);
    await response.fired();
    expect(offsets()).toEqual([2n]);
  });

  it('closes the connection before or after the request is handled', async () => {
    const { broker, client, offsets } = await start();
    broker.faults.on('OffsetCommit', { close: 'before' });
    void client.commit('g', 't', 0, 1n);
    await client.closed;
    expect(offsets()).toEqual([]);
    const second = await RawClient.connect(broker.port);
    broker.faults.on('OffsetCommit', { close: 'after' });
    void second.commit('g', 't', 0, 2n);
    await second.closed;
    expect(offsets()).toEqual([2n]);
  });

  it('holds a request until it is released, also when its client has gone', async () => {
    const { broker, client, offsets } = await start();
    const fault = broker.faults.on('OffsetCommit', { hold: 'request', times: 2 });
    const first = client.commit('g', 't', 0, 1n);
    await fault.fired();
    expect(offsets()).toEqual([]);
    fault.release();
    expect(await first).toBe(code.NONE);
    void client.commit('g', 't', 0, 2n);
    await fault.fired({ count: 2 });
    expect(fault.heldCount).toBe(1);
    client.socket.destroy();
    await client.closed;
    fault.release();
    await eventually(() => expect(offsets()).toEqual([2n]));
  });

  it('holds an answer while the request is handled', async () => {
    const { broker, client, offsets } = await start();
    const fault = broker.faults.on('OffsetCommit', { hold: 'response' });
    const committed = client.commit('g', 't', 0, 1n);
    await fault.fired();
    expect(offsets()).toEqual([1n]);
    fault.disarm();
    expect(await committed).toBe(code.NONE);
  });

  it('delays each request by the time of the broker', async () => {
    const clock = new VirtualClock();
    const { broker, client, offsets } = await start({ clock });
    const second = await RawClient.connect(broker.port);
    const fault = broker.faults.on('OffsetCommit', { delayMs: 60_000, times: 2 });
    const first = client.commit('g', 't', 0, 1n);
    await fault.fired();
    clock.advance(30_000);
    const last = second.commit('g', 'u', 0, 2n);
    await fault.fired({ count: 2 });
    clock.advance(30_000);
    expect(await first).toBe(code.NONE);
    expect(offsets()).toEqual([1n]);
    clock.advance(30_000);
    expect(await last).toBe(code.NONE);
  });

  it('loses what it holds when the broker stops', async () => {
    const { broker, client, offsets } = await start();
    const fault = broker.faults.on('OffsetCommit', { hold: 'request' });
    void client.commit('g', 't', 0, 1n);
    await fault.fired();
    await broker.stop();
    await broker.resume();
    const next = await RawClient.connect(broker.port);
    expect(await next.commit('g', 'u', 0, 3n)).toBe(code.NONE);
    expect(offsets()).toEqual([3n]);
  });

  it('gives way to one that was armed before it, and takes over when that is done', async () => {
    const { broker, client } = await start();
    broker.faults.on('OffsetCommit', { error: 'REBALANCE_IN_PROGRESS' });
    broker.faults.on('OffsetCommit', { error: 'REQUEST_TIMED_OUT' });
    const codes: number[] = [];
    for (const offset of [1n, 2n, 3n]) codes.push(await client.commit('g', 't', 0, offset));
    expect(codes).toEqual([code.REBALANCE_IN_PROGRESS, code.REQUEST_TIMED_OUT, code.NONE]);
  });

  it('ends when all are disarmed', async () => {
    const { broker, client } = await start();
    const fault = broker.faults.on('OffsetCommit', { error: 'REQUEST_TIMED_OUT', times: Infinity });
    expect(await client.commit('g', 't', 0, 1n)).toBe(code.REQUEST_TIMED_OUT);
    broker.faults.disarmAll();
    expect(await client.commit('g', 't', 0, 1n)).toBe(code.NONE);
    expect(fault.firedCount).toBe(1);
  });

  it('says what came instead of what was waited for', async () => {
    const { broker, client } = await start();
    const fault = broker.faults.on('OffsetCommit', { error: 'REQUEST_TIMED_OUT', nth: 2 });
    await client.commit('g', 't', 0, 1n);
    await expect(fault.fired({ timeoutMs: 20 })).rejects.toThrow(
      'the fault on OffsetCommit fired 0 times within 20 ms, expected 1: 1 matching requests came',
    );
  });

  it.each([
    [{}, 'a fault needs exactly one of error, drop, delayMs, hold, close: found none'],
    [
      { error: 'CORRUPT_MESSAGE', drop: 'request' },
      'a fault needs exactly one of error, drop, delayMs, hold, close: found error and drop',
    ],
    [{ drop: 'request', nth: 0 }, 'nth of a fault: expected a whole number from 1, found 0'],
    [
      { drop: 'request', times: 1.5 },
      'times of a fault: expected a whole number from 1 or Infinity, found 1.5',
    ],
  ])('is refused when its options are %o', async (options, message) => {
    const broker = await EmbeddedKafka.start();
    later(() => broker.stop());
    expect(() => broker.faults.on('Fetch', options as FaultOptions)).toThrow(new TypeError(message));
  });
});

describe('real clients', () => {
  it('deliver once although the answer to their batch was lost', async () => {
    const { broker, kafka } = await start();
    const producer = await startProducer(kafka, { idempotent: true });
    await producer.send({ topic: 't', messages: [{ value: 'a' }] });
    const fault = broker.faults.on('Produce', { close: 'after', when: { topic: 't' } });
    await producer.send({ topic: 't', messages: [{ value: 'b' }] });
    expect(fault.firedCount).toBe(1);
    expect(broker.records('t', 0).map(({ value }) => String(value))).toEqual(['a', 'b']);
  });

  it('are fenced when the epoch of their producer was raised', async () => {
    const { broker, kafka } = await start();
    const producer = await startProducer(kafka, { idempotent: true });
    await producer.send({ topic: 't', messages: [{ value: 'a' }] });
    broker.bumpProducerEpoch(broker.batches('t', 0)[0]!.producerId);
    await expect(producer.send({ topic: 't', messages: [{ value: 'b' }] })).rejects.toMatchObject({
      type: 'INVALID_PRODUCER_EPOCH',
    });
    expect(() => broker.bumpProducerEpoch(99n)).toThrow('no partition has batches of producer 99');
  });

  it('come back into their group after their session was ended', async () => {
    const { broker, kafka } = await start();
    const member = await startMember(broker, 't');
    await eventually(() => expect(member.assigned()).toEqual([0]));
    const before = broker.group('group')!.members[0]!.memberId;
    broker.expireMember('group', before);
    await eventually(() => {
      expect(broker.group('group')!.state).toBe('Stable');
      expect(broker.group('group')!.members).toHaveLength(1);
    });
    expect(broker.group('group')!.members[0]!.memberId).not.toBe(before);
    const producer = await startProducer(kafka);
    await producer.send({ topic: 't', messages: [{ value: 'x' }] });
    await eventually(() => expect(member.received).toEqual(['0@0=x']));
    expect(() => broker.expireMember('group', before)).toThrow(`group group has no member ${before}`);
  });

  it('find the coordinator again after it was away', async () => {
    const { broker, kafka } = await start();
    const member = await startMember(broker, 't');
    await eventually(() => expect(member.assigned()).toEqual([0]));
    const move = broker.moveCoordinator({ group: 'group' });
    await move.refusals.fired();
    move.return();
    const producer = await startProducer(kafka);
    await producer.send({ topic: 't', messages: [{ value: 'x' }] });
    await eventually(() => expect(member.received).toEqual(['0@0=x']));
  });

  it('lose their session when the clock is moved over it', async () => {
    const clock = new VirtualClock({ isRunning: true });
    const { broker } = await start({ clock });
    const member = await startMember(broker, 't', { sessionTimeout: 30_000 });
    await eventually(() => expect(member.assigned()).toEqual([0]));
    const { generationId } = broker.group('group')!;
    clock.advance(30_001);
    expect(broker.group('group')).toMatchObject({ state: 'Empty', members: [] });
    await eventually(() => expect(broker.group('group')!.generationId).toBeGreaterThan(generationId + 1));
  });
});
