import { randomBytes } from 'node:crypto';
import { ClientQuotas } from './accounts/client-quotas.js';
import { ScramCredentials } from './accounts/scram-credentials.js';
import { GroupCoordinator } from './groups/group-coordinator.js';
import { Faults } from './hooks/faults.js';
import { type BrokerSettings } from './options.js';
import { Retention } from './topics/retention.js';
import { TopicStore } from './topics/topic-store.js';
import { type Topic } from './topics/topic.js';
import { TransactionCoordinator } from './transactions/transaction-coordinator.js';

/** The node id of the only broker. */
export const nodeId = 1;

/** Everything that the broker remembers; it outlives the sockets. */
export class Broker {
  /** What tests have armed. */
  readonly faults = new Faults();
  readonly quotas = new ClientQuotas();
  readonly scram = new ScramCredentials();
  readonly topics: TopicStore;
  readonly groups: GroupCoordinator;
  readonly transactions: TransactionCoordinator;
  readonly retention: Retention;
  /** Set when the server listens. */
  port = 0;
  private nextProducerId = 0n;

  /** @param clusterId - as Kafka's: 22 characters of URL-safe base64 */
  constructor(
    readonly settings: BrokerSettings,
    readonly clusterId: string = randomBytes(16).toString('base64url'),
  ) {
    this.topics = new TopicStore(settings.defaultPartitions);
    this.groups = new GroupCoordinator(settings.clock, settings);
    this.transactions = new TransactionCoordinator(settings.clock, this, settings.maxTransactionTimeoutMs);
    this.retention = new Retention(settings.clock, settings.retentionCheckIntervalMs, () =>
      this.topics.all(),
    );
  }

  /** Finds a topic that a client names, creating it where that is wanted and allowed. */
  topicOrCreate(name: string, mayCreate: boolean): Topic | undefined {
    const known = this.topics.get(name);
    if (known !== undefined || !mayCreate || !this.settings.autoCreateTopics) return known;
    const result = this.topics.create({ name, partitionCount: -1 });
    return result.kind === 'created' ? result.topic : undefined;
  }

  deleteTopic(topic: Topic): void {
    this.topics.delete(topic);
    this.groups.deleteTopic(topic.name);
  }

  /** Largest record batch that a topic takes. */
  maxMessageBytes({ config }: Topic): number {
    return config.isDefault('max.message.bytes')
      ? this.settings.maxMessageBytes
      : config.number('max.message.bytes');
  }

  newProducerId(): bigint {
    return this.nextProducerId++;
  }
}
