import { describe, expect, it } from 'vitest';
import { checkInstallation } from '../../../src/bootstrap/check/check-installation.js';
import { BrokerError } from '../../../src/errors.js';
import type {
  AdminPort,
  CommittedOffset,
  Operation,
  PartitionInfo,
  TopicInfo,
} from '../../../src/kafka/driver.js';
import { definitionOf, resolve } from '../../config/resolve.js';
import { recordingLogger } from '../../observe/reports.js';

function partition(number: number, parts: Partial<PartitionInfo> = {}): PartitionInfo {
  return {
    partition: number,
    leader: 1,
    replicas: 1,
    inSyncReplicas: 1,
    logStartOffset: 0n,
    endOffset: 100n,
    ...parts,
  };
}

const settings = new Map([
  ['max.message.bytes', '1048588'],
  ['min.insync.replicas', '1'],
  ['cleanup.policy', 'delete'],
]);

function topicOf(topic: string, parts: Partial<TopicInfo> = {}): TopicInfo {
  return { topic, partitions: [partition(0), partition(1)], config: settings, ...parts };
}

const allRights: readonly Operation[] = ['READ', 'WRITE', 'CREATE', 'DESCRIBE'];

interface Cluster {
  /** null: a broker too old to tell; default: all. */
  rights?: Readonly<Record<string, readonly Operation[]>> | null;
  topics?: readonly TopicInfo[];
  brokerConfig?: ReadonlyMap<string, string>;
  committed?: readonly CommittedOffset[];
  fail?: Partial<Record<keyof AdminPort, Error>>;
}

/** A cluster that says what a test wants it to; it has no way to read or to commit. */
async function check(
  { topics, brokerConfig = new Map(), committed = [], fail = {}, rights = {} }: Cluster = {},
  argv: string[] = [],
) {
  const all = topics ?? [topicOf('instrument-files'), topicOf('peak-tables')];
  const answer = <T>(name: keyof AdminPort, value: T): Promise<T> => {
    asked.push(name);
    return fail[name] === undefined ? Promise.resolve(value) : Promise.reject(fail[name]);
  };
  let closed = 0;
  const asked: (keyof AdminPort)[] = [];
  const admin: AdminPort = {
    describeTopic: name => answer('describeTopic', all.find(({ topic }) => topic === name) ?? null),
    createTopic: () => Promise.reject(new Error('a check creates nothing')),
    brokerConfig: () => answer('brokerConfig', brokerConfig),
    topicOperations: names => {
      const seen = all.filter(({ topic }) => names.includes(topic));
      const found = seen.map(({ topic }) => [topic, new Set(rights?.[topic] ?? allRights)] as const);
      return answer('topicOperations', rights && new Map(found));
    },
    groupOperations: groupId => answer('groupOperations', rights && new Set(rights[groupId] ?? allRights)),
    committedOffsets: () => answer('committedOffsets', committed),
    checkTransactions: () => answer('checkTransactions', undefined),
    clusterInfo: () =>
      answer('clusterInfo', { clusterId: 'lab-1', brokers: [{ nodeId: 1, host: 'kafka', port: 9092 }] }),
    close: () => Promise.resolve(void (closed += 1)),
  };
  const definition = definitionOf();
  const configuration = resolve({ argv: ['--brokers', 'kafka:9092', ...argv] });
  const run = {
    definition,
    instance: {},
    configuration,
    logger: recordingLogger().logger,
    isForPeople: false,
  };
  const result = await checkInstallation(run, {
    admin: () => answer('createTopic', admin),
    connectionTrouble: () => undefined,
  });
  return { ...result, lines: result.text.split('\n'), asked, closed: () => closed };
}

describe('--check', () => {
  it('says whether results can be committed with their offsets, when that is asked for', async () => {
    const able = await check({}, ['--delivery', 'exactly-once']);
    expect(able.lines).toContain(
      'ok       delivery       exactly once: results and offsets are committed together, with transactional id PeakFinder.instrument-files',
    );
    const error = new BrokerError('it cannot', { retriable: false });
    const unable = await check({ fail: { checkTransactions: error } }, ['--delivery', 'exactly-once']);
    expect(unable.lines).toContain('problem  delivery       it cannot');
    expect(unable.isOk).toBe(false);
  });

  it.each([
    [
      new Map([['cleanup.policy', 'compact']]),
      'ok       state topic    states has 2 partitions; outcomes are kept there',
    ],
    [
      settings,
      'note     state topic    states is not compacted: set cleanup.policy=compact, or outcomes are forgotten when retention removes them',
    ],
    [undefined, 'note     state topic    states does not exist: the worker makes it, if it may'],
  ])('says whether outcomes are kept, when that is asked for', async (config, expected) => {
    const topics = [topicOf('instrument-files'), topicOf('peak-tables')];
    if (config !== undefined) topics.push(topicOf('states', { config }));
    const { lines, isOk } = await check({ topics }, ['--state-topic', 'states']);
    expect(lines).toContain(expected);
    expect(isOk).toBe(true);
  });

  it('says whether there is a topic for what is given up', async () => {
    const topics = [topicOf('instrument-files'), topicOf('peak-tables'), topicOf('given-up')];
    const named = await check({ topics }, ['--dead-letter-topic', 'given-up']);
    expect(named.lines).toContain(
      'ok       dead letters   given-up has 2 partitions; what is given up goes there',
    );
    const without = await check({ topics }, ['--dead-letter-topic', 'none']);
    expect(without.text).not.toContain('dead letters');
  });

  it('says whether heartbeats and log messages will arrive', async () => {
    const topics = [topicOf('instrument-files'), topicOf('peak-tables'), topicOf('beats')];
    const { lines, isOk } = await check({ topics, rights: { beats: ['DESCRIBE'] } }, [
      ...['--heartbeat-topic', 'beats', '--log-topic', 'logs'],
    ]);
    expect(lines).toContain('ok       heartbeats     beats has 2 partitions; heartbeats go there');
    expect(lines).toContain(
      'note     log messages   logs does not exist, or this user may not see it: no log messages are sent before it is there',
    );
    expect(lines).toContain(
      'note     heartbeats     this user has no right to WRITE topic beats; the worker goes on without it. Ask who looks after your Kafka for it',
    );
    expect(isOk).toBe(true);
  });

  it('asks the cluster once who belongs to it', async () => {
    const { asked } = await check();
    expect(asked.filter(name => name === 'clusterInfo')).toHaveLength(1);
  });

  it('says ok for each point of a cluster that is fit', async () => {
    const { text, isOk, closed } = await check({
      committed: [
        { partition: 0, offset: 40n, metadata: null },
        { partition: 1, offset: null, metadata: null },
      ],
    });
    expect(text).toBe(
      [
        'ok       brokers        cluster lab-1, 1 broker: 1 at kafka:9092',
        'ok       consume topic  instrument-files has 2 partitions and at most 200 messages: [0] 0 to 100, [1] 0 to 100',
        'ok       chunk size     messages with chunks of 512 KiB fit: fetches take 2.0 MiB per partition, 8.0 MiB in all',
        'ok       group          PeakFinder goes on where it was, 160 messages behind the end; 1 partition without an offset start at the earliest message',
        'ok       produce topic  peak-tables has 2 partitions; a result may have up to 1.0 MiB',
        'note     state topic    PeakFinder.files does not exist: the worker makes it, if it may',
        'note     dead letters   peak-tables.dead-letters does not exist: the worker makes it, if it may',
        'ok       rights         this user may READ instrument-files, WRITE peak-tables',
        '',
        'PeakFinder can start. Nothing was read or committed.',
        '',
      ].join('\n'),
    );
    expect(isOk).toBe(true);
    expect(closed()).toBe(1);
  });

  it('names every problem at once', async () => {
    const { lines, isOk } = await check({
      topics: [
        topicOf('instrument-files', {
          partitions: [partition(0, { leader: -1 })],
          config: new Map([
            ['max.message.bytes', '1000'],
            ['cleanup.policy', 'compact,delete'],
          ]),
        }),
        topicOf('peak-tables', { config: new Map([...settings, ['min.insync.replicas', '2']]) }),
      ],
      committed: [{ partition: 0, offset: 1n, metadata: null }],
    });
    expect(isOk).toBe(false);
    expect(lines).toContain(
      'problem  consume topic  instrument-files: partition 0 has no leader: a broker is down',
    );
    expect(lines).toContain(
      'note     chunk size     instrument-files takes messages of at most 1000 B (max.message.bytes), so nobody can upload chunks of 512 KiB to it uncompressed',
    );
    expect(lines).toContain(
      'problem  produce topic  peak-tables takes results only with 2 replicas in sync (min.insync.replicas); partitions 0,1 have fewer: start the missing brokers',
    );
    expect(lines.at(-2)).toBe('PeakFinder cannot work like this: 2 problems. Nothing was read or committed.');
  });

  it('says what to do about a topic that is missing', async () => {
    const { lines, isOk } = await check({ topics: [] });
    expect(isOk).toBe(false);
    expect(lines).toContain(
      'problem  consume topic  instrument-files does not exist, or this user may not see it: create it, ask for the right, or give another --consume-topic',
    );
    expect(lines).toContain(
      'problem  produce topic  peak-tables does not exist, or this user may not see it: create it, ask for the right, or give another --produce-topic',
    );
  });

  it('says when the brokers give less in a fetch than is asked for', async () => {
    const { lines } = await check({ brokerConfig: new Map([['fetch.max.bytes', '1048576']]) });
    expect(lines).toContain(
      'note     chunk size     the brokers give at most 1.0 MiB in a fetch (their fetch.max.bytes): asking for 8.0 MiB changes nothing',
    );
  });

  it('names each right that is missing', async () => {
    const { lines, isOk } = await check(
      {
        topics: ['instrument-files', 'peak-tables', 'states', 'given-up'].map(name => topicOf(name)),
        rights: {
          'instrument-files': ['DESCRIBE'],
          'peak-tables': ['READ', 'DESCRIBE'],
          states: ['DESCRIBE'],
          'given-up': ['WRITE', 'DESCRIBE'],
          PeakFinder: ['DESCRIBE'],
        },
      },
      ['--state-topic', 'states', '--dead-letter-topic', 'given-up'],
    );
    const ask = '. Ask who looks after your Kafka for it';
    expect(lines.filter(line => line.includes('right'))).toEqual([
      `problem  group          this user has no right to READ group PeakFinder${ask}`,
      'ok       rights         this user may WRITE given-up',
      `problem  consume topic  this user has no right to READ topic instrument-files${ask}`,
      `problem  produce topic  this user has no right to WRITE topic peak-tables${ask}`,
      `problem  state topic    this user has no right to READ and WRITE topic states${ask}`,
    ]);
    expect(isOk).toBe(false);
  });

  it('takes a missing right for what the worker can do without for a note', async () => {
    const topics = ['instrument-files', 'peak-tables', 'PeakFinder.files'].map(name => topicOf(name));
    const { lines, isOk } = await check({ topics, rights: { 'PeakFinder.files': ['READ'] } });
    expect(lines).toContain(
      'note     state topic    this user has no right to WRITE topic PeakFinder.files; the worker goes on without it. ' +
        'Ask who looks after your Kafka for it',
    );
    expect(isOk).toBe(true);
  });

  it('says when a broker cannot tell the rights', async () => {
    const { lines, isOk } = await check({ rights: null });
    expect(lines).toContain(
      'note     rights         the broker cannot tell the rights of this user: that came with Kafka 2.4',
    );
    expect(isOk).toBe(true);
  });

  it('looks at the rest when one right is missing', async () => {
    const error = new BrokerError('cannot read offsets: no right to use the consumer group', {
      retriable: false,
    });
    const { lines, isOk, closed } = await check({ fail: { committedOffsets: error } });
    expect(isOk).toBe(false);
    expect(lines).toContain(
      'problem  group          cannot read offsets: no right to use the consumer group',
    );
    expect(lines.some(line => line.startsWith('ok       produce topic'))).toBe(true);
    expect(closed()).toBe(1);
  });

  it('ends after the brokers when none can be reached', async () => {
    const error = new BrokerError('cannot reach Kafka at kafka:9092: connection refused', {
      retriable: true,
    });
    const { text, isOk } = await check({ fail: { createTopic: error } });
    expect(text).toBe(
      'problem  brokers  cannot reach Kafka at kafka:9092: connection refused\n\n' +
        'PeakFinder cannot work like this: 1 problem. Nothing was read or committed.\n',
    );
    expect(isOk).toBe(false);
  });

  it('tells messages that retention has removed before they were read', async () => {
    const { lines, isOk } = await check({
      topics: [
        topicOf('instrument-files', { partitions: [partition(0, { logStartOffset: 50n })] }),
        topicOf('peak-tables'),
      ],
      committed: [{ partition: 0, offset: 20n, metadata: null }],
    });
    expect(isOk).toBe(true);
    expect(lines).toContain(
      'note     group          messages that PeakFinder has not read are gone from instrument-files (retention): [0] 20 to 49',
    );
  });
});
