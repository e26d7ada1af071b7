import kafkajs, {
  type Admin,
  type ConfigResourceTypes as ConfigResourceType,
  type ITopicMetadata,
} from 'kafkajs';
import { setTimeout as delay } from 'node:timers/promises';
import type { AdminPort, CommittedOffset, Operation, PartitionInfo, TopicInfo } from '../driver.js';
import { groupOperations, topicOperations } from './authorized-operations.js';
import { checkTransactions, withCluster } from './check-transactions.js';
import type { KafkaClient } from './connection-config.js';
import { judgeKafkaError, toBrokerError } from './judge-kafka-error.js';

const { ConfigResourceTypes } = kafkajs;

/** kafkajs wants a name for a group that is neither asked for nor joined. */
const rightsGroupId = 'none';

const leaderPollMs = 50;
const leaderPollCount = 200;

/** Asks and changes a cluster. */
export class ClusterAdmin implements AdminPort {
  readonly #client: KafkaClient;
  readonly #admin: Admin;
  readonly #brokers: readonly string[];

  private constructor(client: KafkaClient, brokers: readonly string[]) {
    this.#client = client;
    this.#brokers = brokers;
    this.#admin = client.kafka.admin();
  }

  /** @throws {BrokerError} no broker could be reached, or none accepted the credentials */
  static async connect(client: KafkaClient, brokers: readonly string[]): Promise<ClusterAdmin> {
    const admin = new ClusterAdmin(client, brokers);
    try {
      await admin.#admin.connect();
      return admin;
    } catch (error) {
      await admin.close();
      throw toBrokerError('cannot reach Kafka', error, { brokers });
    }
  }

  async describeTopic(topic: string): Promise<TopicInfo | null> {
    const metadata = await this.#metadata(topic);
    if (metadata === null) return null;
    const offsets = await this.#try(`cannot read the offsets of topic ${topic}`, () =>
      this.#admin.fetchTopicOffsets(topic),
    );
    const partitions = metadata.partitions.map((partition): PartitionInfo => {
      const range = offsets.find(entry => entry.partition === partition.partitionId);
      return {
        partition: partition.partitionId,
        leader: partition.leader,
        replicas: partition.replicas.length,
        inSyncReplicas: partition.isr.length,
        logStartOffset: BigInt(range?.low ?? 0),
        endOffset: BigInt(range?.high ?? 0),
      };
    });
    partitions.sort((a, b) => a.partition - b.partition);
    return {
      topic,
      partitions,
      config: await this.#config(ConfigResourceTypes.TOPIC, topic, `topic ${topic}`),
    };
  }

  /** null: no such topic, or no right to see it. @throws {BrokerError} */
  async partitionCount(topic: string): Promise<number | null> {
    return (await this.#metadata(topic))?.partitions.length ?? null;
  }

  /** Returns once each partition has a leader. kafkajs's own waiting throws when it asks a broker that is behind. */
  async createTopic(
    topic: string,
    partitions: number,
    config: Readonly<Record<string, string>> = {},
  ): Promise<'created' | 'existed'> {
    const configEntries = Object.entries(config).map(([name, value]) => ({ name, value }));
    const topics = [{ topic, numPartitions: partitions, replicationFactor: -1, configEntries }];
    const isNew = await this.#try(`cannot create topic ${topic}`, () =>
      this.#admin.createTopics({ topics, waitForLeaders: false }),
    );
    for (let poll = 0; poll < leaderPollCount; poll += 1) {
      const found = await this.#metadata(topic).catch(() => null);
      if (found !== null && found.partitions.every(({ leader }) => leader >= 0)) break;
      await delay(leaderPollMs);
    }
    return isNew ? 'created' : 'existed';
  }

  async committedOffsets(groupId: string, topic: string): Promise<readonly CommittedOffset[]> {
    const topics = await this.#try(`cannot read the committed offsets of group ${groupId}`, () =>
      this.#admin.fetchOffsets({ groupId, topics: [topic] }),
    );
    return topics
      .flatMap(({ partitions }) => partitions)
      .map(({ partition, offset, metadata }) => ({
        partition,
        offset: BigInt(offset) < 0n ? null : BigInt(offset),
        metadata,
      }))
      .sort((a, b) => a.partition - b.partition);
  }

  topicOperations(topics: readonly string[]): Promise<ReadonlyMap<string, ReadonlySet<Operation>> | null> {
    return this.#try('cannot ask for the rights on topics', () =>
      withCluster(this.#client, rightsGroupId, cluster => topicOperations(cluster, topics)),
    );
  }

  groupOperations(groupId: string): Promise<ReadonlySet<Operation> | null> {
    return this.#try(`cannot ask for the rights on group ${groupId}`, () =>
      withCluster(this.#client, groupId, cluster => groupOperations(cluster, groupId)),
    );
  }

  async checkTransactions(transactionalId: string, groupId: string): Promise<void> {
    await withCluster(this.#client, groupId, cluster => checkTransactions(cluster, transactionalId, groupId));
  }

  async clusterInfo(): Promise<{
    clusterId: string;
    brokers: readonly { nodeId: number; host: string; port: number }[];
  }> {
    const { clusterId, brokers } = await this.#try('cannot describe the cluster', () =>
      this.#admin.describeCluster(),
    );
    return { clusterId, brokers: brokers.map(({ nodeId, host, port }) => ({ nodeId, host, port })) };
  }

  async close(): Promise<void> {
    await this.#admin.disconnect().catch(() => undefined);
    this.#client.destroy();
  }

  async #metadata(topic: string): Promise<ITopicMetadata | null> {
    try {
      const { topics } = await this.#admin.fetchTopicMetadata({ topics: [topic] });
      return topics.find(({ name }) => name === topic) ?? null;
    } catch (error) {
      // The TypeError is kafkajs's answer for a topic that it knew and that is gone.
      const { type } = judgeKafkaError(error);
      if (type === 'UNKNOWN_TOPIC_OR_PARTITION' || error instanceof TypeError) return null;
      throw toBrokerError(`cannot describe topic ${topic}`, error, { brokers: this.#brokers });
    }
  }

  async brokerConfig(nodeId: number): Promise<ReadonlyMap<string, string> | null> {
    return this.#config(ConfigResourceTypes.BROKER, String(nodeId), `broker ${nodeId}`);
  }

  async #config(
    type: ConfigResourceType,
    name: string,
    what: string,
  ): Promise<ReadonlyMap<string, string> | null> {
    try {
      const { resources } = await this.#admin.describeConfigs({
        includeSynonyms: false,
        resources: [{ type, name }],
      });
      const entries = resources[0]?.configEntries ?? [];
      return new Map(entries.map(({ configName, configValue }) => [configName, configValue]));
    } catch (error) {
      if (judgeKafkaError(error).kind === 'forbidden') return null;
      throw toBrokerError(`cannot read the settings of ${what}`, error, { brokers: this.#brokers });
    }
  }

  async #try<T>(action: string, ask: () => Promise<T>): Promise<T> {
    try {
      return await ask();
    } catch (error) {
      throw toBrokerError(action, error, { brokers: this.#brokers });
    }
  }
}
