import { randomBytes } from 'node:crypto';
import { GroupCoordinator } from './groups/group-coordinator.js';
import { type BrokerSettings } from './options.js';
import { TopicStore } from './topics/topic-store.js';
import { type Topic } from './topics/topic.js';

/** The node id of the only broker. */
export const nodeId = 1;

/** Everything that the broker remembers; it outlives the sockets. */
export class Broker {
  /** As Kafka's: 22 characters of URL-safe base64. */
  readonly clusterId = randomBytes(16).toString('base64url');
  readonly topics: TopicStore;
  readonly groups: GroupCoordinator;
  /** Set when the server listens. */
  port = 0;
  private nextProducerId = 0n;

  constructor(readonly settings: BrokerSettings) {
    this.topics = new TopicStore(settings.defaultPartitions);
    this.groups = new GroupCoordinator(settings.clock, settings);
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
