import kafkajs from 'kafkajs';
import { describe, expect, it } from 'vitest';
import { eventually, startAdmin, startBroker, startMember, startProducer } from './with-kafkajs.js';

const { ConfigResourceTypes } = kafkajs;

describe('admin requests of kafkajs', () => {
  it('create, describe, grow and delete topics', async () => {
    const { broker, kafka } = await startBroker();
    const admin = await startAdmin(kafka);
    const create = () => admin.createTopics({ topics: [{ topic: 't', numPartitions: 2 }] });
    expect(await create()).toBe(true);
    expect(await create()).toBe(false);
    await admin.createPartitions({ topicPartitions: [{ topic: 't', count: 3 }] });
    const { topics } = await admin.fetchTopicMetadata({ topics: ['t'] });
    expect(topics[0]!.partitions.map(({ partitionId, leader }) => [partitionId, leader])).toEqual([
      [0, 1],
      [1, 1],
      [2, 1],
    ]);
    await admin.deleteTopics({ topics: ['t'] });
    expect(broker.topics()).toEqual([]);
    const impatient = await startAdmin(kafka, { retry: { retries: 0 } });
    await expect(impatient.deleteTopics({ topics: ['t'] })).rejects.toThrow('does not host this topic');
  });

  it('refuse bad names, numbers, replication and settings', async () => {
    const { broker, kafka } = await startBroker();
    const admin = await startAdmin(kafka);
    const refuse = async (topic: object, type: string) => {
      const creation = admin.createTopics({ topics: [{ topic: 't', ...topic }] });
      await expect(creation).rejects.toMatchObject({ errors: [{ type }] });
    };
    await refuse({ topic: 'no spaces' }, 'INVALID_TOPIC_EXCEPTION');
    await refuse({ numPartitions: 0 }, 'INVALID_PARTITIONS');
    await refuse({ replicationFactor: 2 }, 'INVALID_REPLICATION_FACTOR');
    await refuse({ configEntries: [{ name: 'nonsense', value: '1' }] }, 'INVALID_CONFIG');
    await refuse({ configEntries: [{ name: 'retention.ms', value: 'long' }] }, 'INVALID_CONFIG');
    const twice = admin.createTopics({ topics: [{ topic: 'twice' }, { topic: 'twice' }] });
    await expect(twice).rejects.toThrow();
    expect(broker.topics()).toEqual([]);
    expect(() => broker.createTopic('..', 1)).toThrow(
      "cannot create topic: Topic name is invalid: '.' or '..' is not allowed",
    );
    expect(() => broker.createTopic('a b', 1)).toThrow(
      "'a b' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'",
    );
    expect(() => broker.createTopic('', 1)).toThrow('the empty string is not allowed');
    expect(() => broker.createTopic('a'.repeat(250), 1)).toThrow('longer than the max allowed length 249');
  });

  it('show the settings of topics and of the broker', async () => {
    const { broker, kafka } = await startBroker({ maxMessageBytes: 2_000_000 });
    broker.createTopic('plain', 1);
    broker.createTopic('own', 1, { 'max.message.bytes': '3000000', 'cleanup.policy': 'compact' });
    const admin = await startAdmin(kafka);
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [
        { type: ConfigResourceTypes.TOPIC, name: 'plain' },
        { type: ConfigResourceTypes.TOPIC, name: 'own' },
        { type: ConfigResourceTypes.BROKER, name: '1' },
      ],
    });
    const [plain, own, node] = resources.map(
      ({ configEntries }) =>
        new Map(configEntries.map(({ configName, configValue }) => [configName, configValue])),
    );
    expect(plain!.get('max.message.bytes')).toBe('2000000');
    expect(plain!.get('min.insync.replicas')).toBe('1');
    expect(plain!.get('retention.ms')).toBe('604800000');
    expect(own!.get('max.message.bytes')).toBe('3000000');
    expect(own!.get('cleanup.policy')).toBe('compact');
    expect(node!.get('message.max.bytes')).toBe('2000000');
  });

  it('find offsets: first, end, and by time', async () => {
    const { broker, kafka } = await startBroker();
    broker.createTopic('t', 1);
    const producer = await startProducer(kafka);
    const messages = ['1000', '2000', '3000'].map(timestamp => ({ value: 'x', timestamp }));
    await producer.send({ topic: 't', messages });
    const admin = await startAdmin(kafka);
    expect(await admin.fetchTopicOffsets('t')).toEqual([{ partition: 0, offset: '3', high: '3', low: '0' }]);
    await admin.deleteTopicRecords({ topic: 't', partitions: [{ partition: 0, offset: '1' }] });
    expect(await admin.fetchTopicOffsets('t')).toEqual([{ partition: 0, offset: '3', high: '3', low: '1' }]);
    const at = async (timestamp: number) =>
      (await admin.fetchTopicOffsetsByTimestamp('t', timestamp)).map(({ offset }) => offset);
    expect(await at(0)).toEqual(['1']);
    expect(await at(2_500)).toEqual(['2']);
    expect(await at(9_000)).toEqual(['3']);
  });

  it('list and describe groups and the cluster', async () => {
    const { broker, kafka } = await startBroker();
    broker.createTopic('t', 1);
    const member = await startMember(broker, 't');
    await eventually(() => expect(member.assigned()).toEqual([0]));
    const admin = await startAdmin(kafka);
    expect((await admin.listGroups()).groups).toEqual([{ groupId: 'group', protocolType: 'consumer' }]);
    const { groups } = await admin.describeGroups(['group', 'unknown']);
    expect(groups.map(({ state }) => state)).toEqual(['Stable', 'Dead']);
    expect(groups[0]!.members.map(({ clientId, clientHost }) => [clientId, clientHost])).toEqual([
      ['test', '/127.0.0.1'],
    ]);
    expect(await admin.describeCluster()).toMatchObject({
      brokers: [{ nodeId: 1, host: '127.0.0.1', port: broker.port }],
      controller: 1,
      clusterId: broker.clusterId,
    });
  });
});
