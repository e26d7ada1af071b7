import kafkajs from 'kafkajs';
import { describe, expect, it } from 'vitest';
import { type EmbeddedKafka } from '../../src/embedded-kafka/index.js';
import { errorCodes } from '../../src/embedded-kafka/protocol/error-codes.js';
import {
  consumerGroupDescribeCall,
  describeClusterCall,
  electLeadersCall,
  incrementalAlterCall,
  leaderEpochCall,
  logDirsCall,
  offsetDeleteCall,
  topicPartitionsCall,
  type AdminCall,
} from './admin-calls.js';
import { buildBatch } from './build-batch.js';
import { RawClient } from './raw-client.js';
import { eventually, startAdmin, startBroker, startMember } from './with-kafkajs.js';

const { ConfigResourceTypes } = kafkajs;

async function ask<Answer>(broker: EmbeddedKafka, call: AdminCall<Answer>): Promise<Answer> {
  const client = await RawClient.connect(broker.port);
  return call.decode(await client.exchange(call.key, call.version, call.body));
}

describe('OffsetDelete', () => {
  it('forgets offsets of topics that no member reads, and no others', async () => {
    const { broker } = await startBroker();
    for (const topic of ['read', 'left']) broker.createTopic(topic, 2);
    const client = await RawClient.connect(broker.port);
    for (const topic of ['read', 'left']) {
      for (const partition of [0, 1]) await client.commit('group', topic, partition, 5n);
    }
    const member = await startMember(broker, 'read');
    await eventually(() => expect(member.assigned()).toEqual([0, 1]));
    expect(await ask(broker, offsetDeleteCall('group', 'left', 1, 7))).toEqual({
      code: 0,
      partitions: [
        { index: 1, code: 0 },
        { index: 7, code: errorCodes.UNKNOWN_TOPIC_OR_PARTITION },
      ],
    });
    const refused = { index: 0, code: errorCodes.GROUP_SUBSCRIBED_TO_TOPIC };
    expect(await ask(broker, offsetDeleteCall('group', 'read', 0))).toEqual({
      code: 0,
      partitions: [refused],
    });
    expect(broker.committedOffsets('group').map(({ topic, partition }) => [topic, partition])).toEqual([
      ['read', 0],
      ['read', 1],
      ['left', 0],
    ]);
  });

  it('refuses unknown groups as a whole', async () => {
    const { broker } = await startBroker();
    const answer = await ask(broker, offsetDeleteCall('nobody', 't', 0));
    expect(answer).toEqual({ code: errorCodes.GROUP_ID_NOT_FOUND, partitions: [] });
  });
});

/** kafkajs tells it, but its types do not. */
const sourceOf = (entry: object): unknown => 'configSource' in entry && entry.configSource;
const topicSource = 1;

describe('changes of settings', () => {
  /** Settings of topic `t` that are not defaults. */
  async function ownSettings(admin: Awaited<ReturnType<typeof startAdmin>>) {
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: ConfigResourceTypes.TOPIC, name: 't' }],
    });
    const own = resources[0]!.configEntries.filter(entry => sourceOf(entry) === topicSource);
    return Object.fromEntries(own.map(({ configName, configValue }) => [configName, configValue]));
  }

  it('replace all of a topic with AlterConfigs', async () => {
    const { broker, kafka } = await startBroker();
    broker.createTopic('t', 1, { 'retention.ms': '1000' });
    const admin = await startAdmin(kafka);
    const alter = (configEntries: { name: string; value: string }[], validateOnly = false) =>
      admin.alterConfigs({
        validateOnly,
        resources: [{ type: ConfigResourceTypes.TOPIC, name: 't', configEntries }],
      });
    await alter([{ name: 'cleanup.policy', value: 'compact' }], true);
    expect(await ownSettings(admin)).toEqual({ 'retention.ms': '1000' });
    await alter([{ name: 'cleanup.policy', value: 'compact' }]);
    expect(await ownSettings(admin)).toEqual({ 'cleanup.policy': 'compact' });
    await expect(alter([{ name: 'nonsense', value: '1' }])).rejects.toMatchObject({ type: 'INVALID_CONFIG' });
  });

  it('are made one by one with IncrementalAlterConfigs', async () => {
    const { broker, kafka } = await startBroker();
    broker.createTopic('t', 1, { 'retention.ms': '1000' });
    const admin = await startAdmin(kafka);
    const alter = (...changes: (readonly [string, number, string | null])[]) =>
      ask(broker, incrementalAlterCall('t', changes));
    expect(await alter(['cleanup.policy', 2, 'compact'])).toEqual({ code: 0, message: null });
    expect(await ownSettings(admin)).toEqual({ 'retention.ms': '1000', 'cleanup.policy': 'delete,compact' });
    await alter(['cleanup.policy', 3, 'delete'], ['retention.ms', 1, null], ['segment.bytes', 0, '2000000']);
    expect(await ownSettings(admin)).toEqual({ 'cleanup.policy': 'compact', 'segment.bytes': '2000000' });
    for (const change of [
      ['retention.ms', 0, 'soon'],
      ['retention.ms', 2, '5'],
      ['retention.ms', 9, '5'],
    ] as const) {
      expect(await alter(change)).toMatchObject({ code: errorCodes.INVALID_CONFIG });
    }
    expect(await ownSettings(admin)).toEqual({ 'cleanup.policy': 'compact', 'segment.bytes': '2000000' });
  });
});

describe('DescribeCluster', () => {
  it('names the only broker', async () => {
    const { broker } = await startBroker();
    expect(await ask(broker, describeClusterCall())).toEqual({
      code: 0,
      clusterId: broker.clusterId,
      controllerId: 1,
      brokers: [{ id: 1, host: '127.0.0.1', port: broker.port }],
    });
    expect(await ask(broker, describeClusterCall(2))).toMatchObject({
      code: errorCodes.MISMATCHED_ENDPOINT_TYPE,
    });
  });
});

describe('OffsetForLeaderEpoch', () => {
  it('knows one epoch, which ends where the log ends', async () => {
    const { broker } = await startBroker();
    broker.createTopic('t', 1);
    const client = await RawClient.connect(broker.port);
    await client.produce('t', 0, buildBatch({ values: ['a', 'b'] }));
    expect(await ask(broker, leaderEpochCall('t', 0, 0))).toEqual({ code: 0, epoch: 0, endOffset: 2n });
    expect(await ask(broker, leaderEpochCall('t', 0, 1))).toEqual({ code: 0, epoch: -1, endOffset: -1n });
    expect(await ask(broker, leaderEpochCall('t', 0, 0, 1))).toMatchObject({
      code: errorCodes.UNKNOWN_LEADER_EPOCH,
    });
    expect(await ask(broker, leaderEpochCall('t', 1, 0))).toMatchObject({
      code: errorCodes.UNKNOWN_TOPIC_OR_PARTITION,
    });
  });
});

describe('DescribeTopicPartitions', () => {
  it('shows topics page by page, in order of their names', async () => {
    const { broker } = await startBroker();
    broker.createTopic('b', 3);
    broker.createTopic('a', 2);
    const pages = [];
    let next: readonly [string, number] | undefined;
    do {
      const page = await ask(broker, topicPartitionsCall([], 2, next));
      pages.push(page.topics.map(({ name, partitions }) => [name, partitions]));
      next = page.next;
    } while (next !== undefined);
    expect(pages).toEqual([[['a', [0, 1]]], [['b', [0, 1]]], [['b', [2]]]]);
  });

  it('names topics that are missing', async () => {
    const { broker } = await startBroker();
    expect(await ask(broker, topicPartitionsCall(['no', 'no spaces'], 5))).toEqual({
      topics: [
        { code: errorCodes.UNKNOWN_TOPIC_OR_PARTITION, name: 'no', partitions: [] },
        { code: errorCodes.INVALID_TOPIC_EXCEPTION, name: 'no spaces', partitions: [] },
      ],
      next: undefined,
    });
  });
});

describe('DescribeLogDirs', () => {
  it('tells how many bytes each partition holds', async () => {
    const { broker } = await startBroker();
    broker.createTopic('t', 2);
    const client = await RawClient.connect(broker.port);
    const batch = buildBatch({ values: ['a'] });
    await client.produce('t', 1, batch);
    const { places } = await ask(broker, logDirsCall());
    expect(places[0]!.topics).toEqual([
      {
        name: 't',
        partitions: [
          { index: 0, byteLength: 0n },
          { index: 1, byteLength: BigInt(batch.length) },
        ],
      },
    ]);
  });
});

describe('ElectLeaders', () => {
  it('says of partitions that are named that the only broker leads already, and nothing of all, as Kafka', async () => {
    const { broker } = await startBroker();
    broker.createTopic('t', 2);
    expect(await ask(broker, electLeadersCall(null))).toMatchObject({ code: 0, results: [] });
    const named = await ask(
      broker,
      electLeadersCall([
        ['t', 1],
        ['t', 2],
      ]),
    );
    expect(named.results).toMatchObject([
      { topic: 't', partition: 1, code: errorCodes.ELECTION_NOT_NEEDED },
      { code: errorCodes.UNKNOWN_TOPIC_OR_PARTITION, message: 'No such partition as t-2' },
    ]);
  });
});

describe('ConsumerGroupDescribe', () => {
  it('says of groups that they are not there, or classic', async () => {
    const { broker, kafka } = await startBroker();
    broker.createTopic('t', 1);
    await (
      await startAdmin(kafka)
    ).setOffsets({
      groupId: 'g',
      topic: 't',
      partitions: [{ partition: 0, offset: '1' }],
    });
    const code = errorCodes.GROUP_ID_NOT_FOUND;
    expect(await ask(broker, consumerGroupDescribeCall('g', 'h'))).toEqual([
      { code, message: 'Group g is not a consumer group.', id: 'g' },
      { code, message: 'Group h not found.', id: 'h' },
    ]);
  });
});

describe('access rights', () => {
  it('are refused as by Apache Kafka without an authorizer', async () => {
    const { kafka } = await startBroker();
    const admin = await startAdmin(kafka);
    const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } = kafkajs;
    const acl = {
      resourceType: AclResourceTypes.TOPIC,
      resourceName: 't',
      resourcePatternType: ResourcePatternTypes.LITERAL,
      principal: 'User:a',
      host: '*',
      operation: AclOperationTypes.READ,
      permissionType: AclPermissionTypes.ALLOW,
    };
    const type = 'SECURITY_DISABLED';
    await expect(admin.describeAcls(acl)).rejects.toMatchObject({ type });
    await expect(admin.createAcls({ acl: [acl] })).rejects.toMatchObject({ type });
    await expect(admin.deleteAcls({ filters: [acl] })).rejects.toMatchObject({ type });
  });
});

describe('ListOffsets 10', () => {
  it('finds the first record on disk, and none in remote storage', async () => {
    const { broker } = await startBroker();
    broker.createTopic('t', 1);
    const client = await RawClient.connect(broker.port);
    await client.produce('t', 0, buildBatch({ values: ['a', 'b'] }));
    const offsetAt = async (timestamp: bigint) => {
      const response = await client.call(2, 10, true, body => {
        body
          .int32(-1)
          .int8(0)
          .structs(['t'], topic => {
            body.string(topic).structs([0], index => body.int32(index).int32(-1).int64(timestamp));
          });
        body.int32(1_000);
      });
      response.int32();
      const [partitions] = response.structs(() => {
        response.string();
        return response.structs(() => {
          response.int32();
          response.int16();
          response.int64();
          return [response.int64(), response.int32()];
        });
      });
      return partitions![0];
    };
    expect(await offsetAt(-4n)).toEqual([0n, 0]);
    expect(await offsetAt(-5n)).toEqual([-1n, -1]);
  });
});
