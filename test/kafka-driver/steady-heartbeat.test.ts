import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import type { ConsumerOptions } from '../../src/kafka/driver.js';
import type { OffsetManager } from '../../src/kafka/kafkajs/kafkajs-internals.js';
import { SteadyHeartbeat } from '../../src/kafka/kafkajs/steady-heartbeat.js';
import { createTopic, useTestBroker, uniqueName } from './brokers.js';
import { consumerOptions, GroupMember } from './group-member.js';
import { countRequests, holdNext, loseNext } from './next-request.js';
import { numbered, sendTexts } from './send-texts.js';
import { waitUntil } from './wait-until.js';

const broker = useTestBroker();
/** Five heartbeats, each half an interval late, take three seconds. */
const shortSession = { sessionTimeoutMs: 1_500, heartbeatIntervalMs: 400, rebalanceTimeoutMs: 20_000 };
const heartbeatsOfTwoSessions = 5;

const closing: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function openScene(change: Partial<ConsumerOptions> = {}) {
  const topic = await createTopic(broker.driver, 2);
  const producer = broker.driver.producer();
  closing.push(() => producer.close());
  const options = { ...consumerOptions(uniqueName('group'), topic), ...shortSession, ...change };
  const join = async (): Promise<GroupMember> => {
    const member = new GroupMember(broker.driver, options);
    closing.push(() => member.port.stop(5_000));
    await member.port.start();
    return member;
  };
  const send = (partition: number, count: number) =>
    sendTexts(producer, topic, partition, numbered(`${partition}/`, count));
  return { join, send };
}

/** Keeps the answer to a member's next Fetch back. */
async function holdFetch() {
  const held = holdNext('Fetch');
  closing.push(held.release);
  await held.isHeld;
  const heartbeats = countRequests('Heartbeat');
  closing.push(heartbeats.stop);
  return {
    release: held.release,
    outliveSession: () => waitUntil(() => heartbeats.count >= heartbeatsOfTwoSessions),
  };
}

test('a member whose fetch takes longer than the session keeps its place', async () => {
  const { join, send } = await openScene();
  await send(0, 5);
  const member = await join();
  await waitUntil(() => member.records.length === 5);

  const held = await holdFetch();
  await send(1, 5);
  await held.outliveSession();
  expect(await member.commitAll()).toBe('committed');
  held.release();
  await waitUntil(() => member.records.length === 10);
  expect(await member.commitAll()).toBe('committed');
  expect(member.assignments).toHaveLength(1);
  expect([...member.violations, ...member.troubles]).toEqual([]);
});

test('it takes part in a rebalance once its answer is there, and keeps what stays its own', async () => {
  const { join, send } = await openScene();
  await send(0, 5);
  await send(1, 5);
  const first = await join();
  await waitUntil(() => first.records.length === 10);

  const held = await holdFetch();
  const joining = join();
  await held.outliveSession();
  expect(first.assignments).toHaveLength(1);
  held.release();
  const second = await joining;
  await waitUntil(() => first.partitions.length === 1 && second.partitions.length === 1);
  expect(first.assignments[1]).toMatchObject({ kept: first.partitions, added: [] });
  expect([...first.violations, ...second.violations]).toEqual([]);
});

test('having something to say to its group does not cost it its place', async () => {
  const { join, send } = await openScene({ placement: 'by-file' });
  await send(0, 5);
  const member = await join();
  await waitUntil(() => member.records.length === 5);

  const held = await holdFetch();
  member.port.tellScattered!('file');
  await held.outliveSession();
  expect(await member.commitAll()).toBe('committed');
  held.release();
  await waitUntil(() => member.assignments.length === 2);
  expect(member.assignments[1]).toMatchObject({ kept: [0, 1], added: [], lost: [] });
  expect(member.violations).toEqual([]);
});

test('the coordinator is looked for again when a heartbeat gets no answer', async () => {
  const { join, send } = await openScene();
  await send(0, 5);
  const member = await join();
  await waitUntil(() => member.records.length === 5);

  const held = holdNext('Fetch');
  closing.push(held.release);
  await held.isHeld;
  const searches = countRequests('GroupCoordinator');
  closing.push(searches.stop);
  const heartbeats = countRequests('Heartbeat');
  closing.push(heartbeats.stop);
  loseNext('Heartbeat', 'answer');
  await waitUntil(() => searches.count === 1 && heartbeats.count >= 2);
  expect(await member.commitAll()).toBe('committed');
  held.release();
  await send(1, 5);
  await waitUntil(() => member.records.length === 10);
  expect(member.assignments).toHaveLength(1);
  expect(member.violations).toEqual([]);
});

describe('a group that has moved', () => {
  const notCoordinator = Object.assign(new Error('moved'), { type: 'NOT_COORDINATOR_FOR_GROUP' });
  const unknownMember = Object.assign(new Error('unknown'), { type: 'UNKNOWN_MEMBER_ID' });

  class StubCoordinator {
    heartbeats = 0;
    constructor(
      readonly error?: Error,
      readonly connected = true,
    ) {}
    isConnected(): boolean {
      return this.connected;
    }
    heartbeat(): Promise<void> {
      this.heartbeats += 1;
      return this.error === undefined ? Promise.resolve() : Promise.reject(this.error);
    }
  }

  /** @param search by default finds nothing for ever */
  function follow(
    former: StubCoordinator,
    search: () => Promise<StubCoordinator> = () => new Promise(() => {}),
  ) {
    const counted = { searches: 0 };
    const findGroupCoordinator = () => {
      counted.searches += 1;
      return search();
    };
    const member = { coordinator: former, groupId: 'g', memberId: 'm', generationId: 1 };
    const heartbeat = new SteadyHeartbeat({ sessionTimeoutMs: 60, heartbeatIntervalMs: 10 });
    closing.push(() => heartbeat.stop());
    heartbeat.begin({ ...member, cluster: { findGroupCoordinator } } as unknown as OffsetManager);
    return { heartbeat, counted };
  }

  test.each([
    ['says so', new StubCoordinator(notCoordinator)],
    ['is not connected', new StubCoordinator(undefined, false)],
  ])('is followed when the former coordinator %s', async (_, former) => {
    const next = new StubCoordinator();
    const { counted } = follow(former, () => Promise.resolve(next));
    await waitUntil(() => next.heartbeats >= 3);
    expect(counted.searches).toBe(1);
    expect(former.heartbeats).toBeLessThanOrEqual(1);
  });

  test('is asked on while it is looked for, and looked for once at a time', async () => {
    const former = new StubCoordinator(notCoordinator);
    const { counted } = follow(former);
    await waitUntil(() => former.heartbeats >= 3);
    expect(counted.searches).toBe(1);
  });

  test('is looked for again after a search that failed', async () => {
    const former = new StubCoordinator(notCoordinator);
    const { counted } = follow(former, () => Promise.reject(new Error('none')));
    await waitUntil(() => counted.searches >= 3);
  });

  test('is not looked for by a member that it has expelled', async () => {
    const former = new StubCoordinator(unknownMember);
    const { counted } = follow(former);
    await waitUntil(() => former.heartbeats === 1);
    await delay(50);
    expect([former.heartbeats, counted.searches]).toEqual([1, 0]);
  });

  test('is not looked for by a member that was stopped while it waited for an answer', async () => {
    let refuse: (error: Error) => void = () => undefined;
    const former = new StubCoordinator();
    former.heartbeat = () => {
      former.heartbeats += 1;
      return new Promise((_, reject) => (refuse = reject));
    };
    const { heartbeat, counted } = follow(former);
    await waitUntil(() => former.heartbeats === 1);
    heartbeat.stop();
    refuse(notCoordinator);
    await delay(50);
    expect([former.heartbeats, counted.searches]).toEqual([1, 0]);
  });

  test('hears nothing of a member that was stopped while it was looked for', async () => {
    let find: (next: StubCoordinator) => void = () => undefined;
    const next = new StubCoordinator();
    const { heartbeat, counted } = follow(
      new StubCoordinator(notCoordinator),
      () => new Promise(resolve => (find = resolve)),
    );
    await waitUntil(() => counted.searches === 1);
    heartbeat.stop();
    find(next);
    await delay(50);
    expect(next.heartbeats).toBe(0);
  });
});
