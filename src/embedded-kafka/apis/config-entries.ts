import { type Broker } from '../broker.js';
import { type ResponseWriter } from '../protocol/writer.js';
import { configTypes, topicConfigDefinitions, type ConfigType } from '../topics/topic-config.js';
import { type Topic } from '../topics/topic.js';

/** Where a value comes from, by its number in DescribeConfigs. */
export const configSources = { topic: 1, brokerFile: 4, builtIn: 5 } as const;

/** What has settings, by its number in the requests about them. */
export const resourceTypes = { topic: 2, broker: 4 } as const;

/** One setting as DescribeConfigs shows it. */
export interface ConfigEntry {
  readonly name: string;
  readonly value: string;
  readonly type: number;
  readonly source: number;
  readonly isReadOnly: boolean;
}

/** All settings of a topic, defaults included. */
export function describeTopicConfig(broker: Broker, topic: Topic): ConfigEntry[] {
  return topicConfigDefinitions.map(({ name, type, defaultValue }) => {
    const isDefault = topic.config.isDefault(name);
    const value =
      name === 'max.message.bytes' ? String(broker.maxMessageBytes(topic)) : topic.config.get(name);
    const source = isDefault
      ? value === defaultValue
        ? configSources.builtIn
        : configSources.brokerFile
      : configSources.topic;
    return { name, value, type: configTypes[type], source, isReadOnly: false };
  });
}

/** The settings of the broker that have a meaning here, by Kafka's names. */
export function describeBrokerConfig({ settings, port }: Broker): ConfigEntry[] {
  const address = (host: string): string => `PLAINTEXT://${host}:${port}`;
  const entries: [string, ConfigType, string | number | boolean][] = [
    ['advertised.listeners', 'string', address(settings.advertisedHost)],
    ['auto.create.topics.enable', 'boolean', settings.autoCreateTopics],
    ['broker.id', 'int', 1],
    ['compression.type', 'string', 'producer'],
    ['default.replication.factor', 'int', 1],
    ['delete.topic.enable', 'boolean', true],
    ['group.initial.rebalance.delay.ms', 'int', settings.initialRebalanceDelayMs],
    ['group.max.session.timeout.ms', 'int', settings.maxSessionTimeoutMs],
    ['group.min.session.timeout.ms', 'int', settings.minSessionTimeoutMs],
    ['listeners', 'string', address(settings.host)],
    ['log.cleanup.policy', 'list', 'delete'],
    ['log.retention.bytes', 'long', -1],
    ['log.retention.ms', 'long', 604_800_000],
    ['message.max.bytes', 'int', settings.maxMessageBytes],
    ['min.insync.replicas', 'int', 1],
    ['node.id', 'int', 1],
    ['num.partitions', 'int', settings.defaultPartitions],
    ['offset.metadata.max.bytes', 'int', settings.maxOffsetMetadataLength],
    ['socket.request.max.bytes', 'int', settings.maxRequestBytes],
  ];
  return entries.map(([name, type, value]) => ({
    name,
    value: String(value),
    type: configTypes[type],
    source: configSources.brokerFile,
    isReadOnly: true,
  }));
}

/** Writes a setting as CreateTopics does; without tagged fields. */
export function writeBriefConfig(response: ResponseWriter, entry: ConfigEntry): void {
  response.string(entry.name).string(entry.value);
  response.boolean(entry.isReadOnly).int8(entry.source).boolean(false);
}
