import { beforeEach, expect, it } from 'vitest';
import { StateTopic } from '../../src/engine/state-topic.js';
import { BrokerError } from '../../src/errors.js';
import type {
  AdminPort,
  KafkaDriver,
  OutgoingRecord,
  ProducerPort,
  RawRecord,
} from '../../src/kafka/driver.js';
import { encodeFileState } from '../../src/wire/file-state.js';

const forbidden = new BrokerError('no right to write', { retriable: false, isForbidden: true });
const away = new BrokerError('cannot reach Kafka', { retriable: true });
const limit =
  'Files that are uploaded again, and late copies of their chunks, are recognised only until this worker ends, and files that ' +
  'stay incomplete are not set aside';

/** A cluster with at most one topic; each call may be told to fail once. */
class FakeCluster {
  config: Record<string, string> | null | undefined;
  readonly records: RawRecord[] = [];
  /** The next calls fail with these, one after the other. */
  readonly sendErrors: Error[] = [];
  readonly readErrors: Error[] = [];
  readonly asked: ReadonlyMap<number, bigint>[] = [];

  append(key: string, value: Buffer | null): void {
    this.records.push({ offset: BigInt(this.records.length), timestampMs: 0, key: Buffer.from(key), value });
  }

  readonly driver = (): KafkaDriver => {
    const admin: Partial<AdminPort> = {
      describeTopic: topic => {
        const config = this.config && new Map(Object.entries(this.config));
        return Promise.resolve(config === undefined ? null : { topic, partitions: [], config });
      },
      createTopic: (_topic, _partitions, config) => {
        this.config = config ?? {};
        return Promise.resolve('created');
      },
      close: () => Promise.resolve(),
    };
    const producer: ProducerPort = {
      send: (_topic, _partition, records: readonly OutgoingRecord[]) => {
        const error = this.sendErrors.shift();
        if (error !== undefined) return Promise.reject(error);
        for (const { key, value } of records)
          this.append(Buffer.from(key!).toString(), value && Buffer.from(value));
        return Promise.resolve();
      },
      partitionCount: () => Promise.resolve(1),
      close: () => Promise.resolve(),
    };
    const driver: Partial<KafkaDriver> = {
      admin: () => Promise.resolve(admin as AdminPort),
      producer: () => producer,
      readToEnd: ({ from, onRecord }) => {
        this.asked.push(from);
        const error = this.readErrors.shift();
        if (error !== undefined) return Promise.reject(error);
        this.records.slice(Number(from.get(0) ?? 0n)).forEach(record => onRecord(record, 0));
        return Promise.resolve(new Map([[0, BigInt(this.records.length)]]));
      },
    };
    return driver as KafkaDriver;
  };
}

let cluster: FakeCluster;
let lines: string[];
let events: string[];
let state: StateTopic;

beforeEach(() => {
  cluster = new FakeCluster();
  lines = [];
  events = [];
  state = stateTopic({ isRequired: false });
});

function stateTopic({ isRequired }: { isRequired: boolean }): StateTopic {
  return new StateTopic(
    cluster.driver(),
    { stateTopic: 'states', consumeTopic: 'raw', groupId: 'own', isRequired },
    {
      onRecorded: (workId, isOnTopic) => events.push(`${isOnTopic ? '' : 'not '}recorded ${workId}`),
      onNoted: noteId => events.push(`noted ${noteId}`),
      onEnded: () => events.push('ended'),
      onFatal: error => events.push(`fatal: ${error.message}`),
      onLog: ({ level, message }) => lines.push(`${level}: ${message}`),
    },
  );
}

function valueOf(versionId: string, groupId = 'own'): Buffer {
  return encodeFileState({
    versionId,
    outcome: 'done',
    sha512: '',
    chunkCount: 1,
    size: 1,
    resultIds: [],
    messageCount: 0,
    attempts: 1,
    processingMs: 1,
    firstChunkAt: '',
    endedAt: '',
    name: 'Test',
    version: '',
    groupId,
    source: { topic: 'raw', partitions: [] },
    earlier: [],
  });
}

const message = { topic: 'states', key: Buffer.from('a'), value: Buffer.from('{}'), headers: {} };

it('makes a missing topic, compacted', async () => {
  expect(await state.read()).toEqual({
    paths: [],
    setAside: [],
    superseded: [],
    runRecords: [],
    isKept: true,
  });
  expect(cluster.config).toEqual({ 'cleanup.policy': 'compact' });
  expect(lines).toEqual([]);
});

it('warns of a topic that is not compacted', async () => {
  cluster.config = { 'cleanup.policy': 'delete' };
  expect((await state.read()).isKept).toBe(true);
  expect(lines).toEqual([
    'warn: topic states is not compacted: set cleanup.policy=compact, or outcomes are forgotten when retention removes them',
  ]);
});

it('takes what all records of each path say together, until they are removed, and later what came since', async () => {
  cluster.append('a', valueOf('00000000000000aa'));
  cluster.append('b', valueOf('00000000000000bb'));
  cluster.append('a', valueOf('00000000000000cc'));
  cluster.append('b', null);
  cluster.append('foreign', Buffer.from('text'));
  expect((await state.read()).paths).toEqual([
    { path: 'a', versionIds: ['00000000000000aa', '00000000000000cc'] },
  ]);
  cluster.append('d', valueOf('00000000000000dd'));
  expect((await state.read()).paths).toEqual([{ path: 'd', versionIds: ['00000000000000dd'] }]);
});

it('passes over what another group recorded for the same path', async () => {
  cluster.append('a', valueOf('00000000000000aa'));
  cluster.append('a', valueOf('00000000000000cc', 'other'));
  cluster.append('b', valueOf('00000000000000bb', 'other'));
  expect((await state.read()).paths).toEqual([{ path: 'a', versionIds: ['00000000000000aa'] }]);
});

it('without the right to write says at once what is missing, and that nothing is kept', async () => {
  cluster.sendErrors.push(forbidden);
  expect(await state.read()).toEqual({ paths: [], setAside: [], superseded: [], isKept: false });
  expect(lines).toEqual([`warn: outcomes are not kept on topic states: no right to write. ${limit}`]);
});

it('one that was named ends the worker when it cannot be used', async () => {
  const named = stateTopic({ isRequired: true });
  cluster.sendErrors.push(forbidden);
  expect((await named.read()).isKept).toBe(false);
  expect(events).toEqual([
    'fatal: outcomes cannot be kept on topic states: no right to write. --state-topic none does without',
  ]);
  expect(lines).toEqual([]);
});

it('waits for a broker that is away', async () => {
  cluster.readErrors.push(away);
  cluster.append('a', valueOf('00000000000000aa'));
  expect((await state.read()).paths).toHaveLength(1);
  expect(lines).toEqual([
    'warn: cannot reach Kafka; reading outcomes goes on by itself as soon as it can',
    expect.stringMatching(/^info: reading outcomes goes on, after \d+ s$/),
  ]);
});

it('goes on without a record that Kafka refuses', async () => {
  await state.read();
  cluster.sendErrors.push(new BrokerError('too large', { retriable: false }));
  state.record(7, message);
  await expect.poll(() => events).toEqual(['not recorded 7']);
  expect(lines).toEqual(['warn: the outcome of a file could not be recorded: too large']);
});

it('ends when the right to write is taken away', async () => {
  await state.read();
  cluster.sendErrors.push(forbidden);
  state.record(7, message);
  await expect.poll(() => events).toEqual(['ended']);
});

it('tells of what is about partitions that were lost, and was under way by then', async () => {
  await state.read();
  state.record(7, message);
  state.drop([7]);
  // Its partition was not known yet, so it was not under way.
  await expect.poll(() => events).toEqual(['not recorded 7']);
  state.record(8, message);
  await expect.poll(() => cluster.records.some(({ key }) => key?.toString() === 'a')).toBe(true);
  state.drop([8]);
  await expect.poll(() => events.at(-1)).toBe('recorded 8');
});

it('does not send again what is about partitions that were lost', async () => {
  await state.read();
  cluster.sendErrors.push(away, away);
  state.record(7, message);
  state.record(8, { ...message, key: Buffer.from('b') });
  await expect.poll(() => cluster.sendErrors).toEqual([]);
  state.drop([7]);
  await expect.poll(() => events).toEqual(['not recorded 7', 'recorded 8']);
  expect(cluster.records.map(({ key }) => Buffer.from(key!).toString())).not.toContain('a');
});
