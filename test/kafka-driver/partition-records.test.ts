import { describe, expect, test } from 'vitest';
import { BrokerError } from '../../src/errors.js';
import { PartitionRecords } from '../../src/kafka/kafkajs/partition-records.js';
import { readToEnd } from '../../src/kafka/kafkajs/read-to-end.js';
import { KafkajsRecordReader } from '../../src/kafka/kafkajs/record-reader.js';
import { FakeClock } from '../processing/fake-clock.js';
import { type Answer, recordsAt, stubClient, stubCluster, type StubLeader } from './stub-client.js';

const topic = 'chunks';
const ends = { highWatermark: '9', lastStableOffset: '9' };
const nothing: Answer = { ...ends, messages: [] };

/** A broker whose log holds these records. @param perAnswer how many an answer holds at most */
function leaderWith(offsets: readonly number[], perAnswer = 9): StubLeader {
  const answer = (from: bigint): Answer => {
    const found = offsets.filter(offset => BigInt(offset) >= from).slice(0, perAnswer);
    return { ...ends, messages: recordsAt(...found) };
  };
  return { nodeId: '1', answer };
}

/** Reads single records. */
async function read(leader: StubLeader, wanted: readonly bigint[], clock?: FakeClock) {
  const found: bigint[] = [];
  const place = {
    ...{ topic, partition: 0, ...(clock === undefined ? {} : { clock }) },
    onRecords: (_: number, records: readonly { offset: bigint }[]) =>
      void found.push(...records.map(({ offset }) => offset)),
  };
  const reading = new PartitionRecords(stubCluster(leader), place);
  const missing = await reading.read(wanted, () => 1_000);
  return { found, missing };
}

describe('a record that compaction has removed', () => {
  test.each([1, 2, 9])('is missing, and those behind it are not, with %d records an answer', async count => {
    const leader = leaderWith([1, 4, 5, 8], count);
    const { found, missing } = await read(leader, [1n, 2n, 3n, 5n, 6n, 8n]);
    expect(found).toEqual([1n, 5n, 8n]);
    expect(missing).toEqual([2n, 3n, 6n]);
  });

  test('alone is missing where a batch holds only records before it', async () => {
    const { answer } = leaderWith([5]);
    const before = (from: bigint) => (from < 4n ? { ...ends, messages: recordsAt(0, 1) } : answer(from));
    const { found, missing } = await read({ nodeId: '1', answer: before }, [3n, 5n]);
    expect(found).toEqual([5n]);
    expect(missing).toEqual([3n]);
  });
});

test('records of which very many are missing at once', async () => {
  const wanted = Array.from({ length: 1_000_000 }, (_, offset) => BigInt(offset));
  const { found, missing } = await read(leaderWith([1_000_000]), [...wanted, 1_000_000n]);
  expect(found).toEqual([1_000_000n]);
  expect(missing.length).toBe(wanted.length);
});

describe('answers without records, although there are some', () => {
  const requestMs = 1_000;
  const patienceMs = 5_000;

  /** A broker that takes a second for an answer, and has nothing for so long whenever it is asked from another offset. */
  function emptyFor(clock: FakeClock, emptyMs: number) {
    const { answer } = leaderWith([2, 3], 1);
    const since = new Map<bigint, number>();
    const late = async (from: bigint): Promise<Answer> => {
      await clock.advance(requestMs);
      if (clock.now() > 60_000) throw new Error('asked for too long');
      if (!since.has(from)) since.set(from, clock.now());
      return clock.now() - since.get(from)! < emptyMs ? nothing : answer(from);
    };
    return { nodeId: '1', answer: late };
  }

  test('are not believed for five seconds, each time anew', async () => {
    const clock = new FakeClock();
    const leader = emptyFor(clock, patienceMs);
    expect(await read(leader, [2n, 3n], clock)).toEqual({ found: [2n, 3n], missing: [] });
    expect(clock.now()).toBe(2 * (patienceMs + requestMs));
  });

  test('are believed then', async () => {
    const clock = new FakeClock();
    expect(await read(emptyFor(clock, Infinity), [2n, 3n], clock)).toEqual({ found: [], missing: [2n, 3n] });
    expect(clock.now()).toBe(patienceMs + requestMs);
  });

  test('are no end of the topic for five seconds, and are then', async () => {
    const clock = new FakeClock();
    const leader = emptyFor(clock, patienceMs);
    const found: bigint[] = [];
    const onRecord = ({ offset }: { offset: bigint }): void => void found.push(offset);
    const client = stubClient(stubCluster(leader));
    expect(await readToEnd(client, { topic, from: new Map(), onRecord }, clock)).toEqual(new Map([[0, 9n]]));
    expect(found).toEqual([2n, 3n]);
    // From offsets 0, 3 and 4 on.
    expect(clock.now()).toBe(3 * (patienceMs + requestMs));
  });
});

describe('a partition that metadata does not have', () => {
  /** Metadata is loaded anew when it is refreshed, and has the partition after so long. */
  async function readAfter(clock: FakeClock, lateMs: number, signal?: AbortSignal) {
    const cluster = stubCluster(leaderWith([2, 3]));
    let isKnown = false;
    const refreshedAtMs: number[] = [];
    cluster.findLeaderForPartitions = () => (isKnown ? { '1': [0] } : {});
    cluster.refreshMetadata = () => {
      refreshedAtMs.push(clock.now());
      isKnown = clock.now() >= lateMs;
      return Promise.resolve();
    };
    const found: bigint[] = [];
    const onRecords = (_: number, records: readonly { offset: bigint }[]): void =>
      void found.push(...records.map(({ offset }) => offset));
    const place = { topic, partition: 0, clock, signal, onRecords };
    const reading = new PartitionRecords(cluster, place).read([2n, 3n], () => 1_000).catch(String);
    await clock.runAll();
    return { found, missing: await reading, refreshedAtMs };
  }

  test('is found at once where it was added since metadata was loaded', async () => {
    const clock = new FakeClock();
    expect(await readAfter(clock, 0)).toEqual({ found: [2n, 3n], missing: [], refreshedAtMs: [0] });
  });

  test('is looked for while the broker that is asked may not have heard of it', async () => {
    const { found, missing, refreshedAtMs } = await readAfter(new FakeClock(), 4_700);
    expect({ found, missing }).toEqual({ found: [2n, 3n], missing: [] });
    expect(refreshedAtMs.at(-1)).toBe(4_750);
  });

  test('is not there after five seconds', async () => {
    const { found, missing, refreshedAtMs } = await readAfter(new FakeClock(), Infinity);
    expect({ found, missing }).toEqual({ found: [], missing: [2n, 3n] });
    expect(refreshedAtMs.at(-1)).toBe(5_000);
  });

  test('is not looked for any more when nobody waits for it', async () => {
    const { missing, refreshedAtMs } = await readAfter(
      new FakeClock(),
      Infinity,
      AbortSignal.abort(new Error('stopped')),
    );
    expect(missing).toBe('Error: stopped');
    expect(refreshedAtMs).toEqual([]);
  });
});

describe('when the leader moves', () => {
  const moved = Object.assign(new Error('moved'), { type: 'NOT_LEADER_FOR_PARTITION', retriable: true });

  test('a reader goes on with the next call, from the leader that there is then', async () => {
    const former: StubLeader = { nodeId: '1', answer: () => Promise.reject(moved) };
    const next: StubLeader = { ...leaderWith([2, 3]), nodeId: '2' };
    // Metadata is loaded with each connection, and not again.
    const leaders = [former, next];
    const reader = new KafkajsRecordReader(topic, () => stubClient(stubCluster(leaders.shift()!)));
    const found: bigint[] = [];
    const readOnce = () =>
      reader.read({
        records: new Map([[0, [{ offset: 2n, byteLength: 10 }]]]),
        onRecords: (_, records) => void found.push(...records.map(({ offset }) => offset)),
      });
    const failure = await readOnce().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(BrokerError);
    expect(failure).toMatchObject({ retriable: true });
    expect(await readOnce()).toEqual(new Map([[0, []]]));
    expect(found).toEqual([2n, 3n]);
    await reader.close();
  });

  test('one that does not know yet how far its log may be read is asked again later', async () => {
    const answers = [{ ...nothing, lastStableOffset: '0' }];
    const unknowing = {
      nodeId: '1',
      answer: () => answers.shift() ?? Promise.reject(new Error('asked again')),
    };
    await expect(read(unknowing, [2n])).rejects.toMatchObject({ code: 'ERR_BROKER', retriable: true });
  });
});
