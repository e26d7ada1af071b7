import { type Broker } from '../broker.js';
import { type ResponseWriter } from '../protocol/writer.js';
import {
  configTypes,
  topicConfigDefinitions,
  type ConfigDefinition,
  type ConfigType,
} from '../topics/topic-config.js';
import { type Topic } from '../topics/topic.js';

/** Where a value comes from, by its number in DescribeConfigs. */
const configSources = { topic: 1, clusterDefault: 3, brokerFile: 4, builtIn: 5 } as const;

/** What has settings, by its number in the requests about them. */
export const resourceTypes = { topic: 2, broker: 4 } as const;

/** One setting as DescribeConfigs shows it. */
export interface ConfigEntry {
  readonly name: string;
  readonly value: string;
  readonly type: number;
  readonly source: number;
  readonly isReadOnly: boolean;
  /** All places that say something about this setting; the first one holds. */
  readonly synonyms: readonly ConfigSynonym[];
}

export interface ConfigSynonym {
  readonly name: string;
  readonly value: string;
  readonly source: number;
}

/** All settings of a topic, defaults included. */
export function describeTopicConfig(broker: Broker, topic: Topic): ConfigEntry[] {
  return topicConfigDefinitions.map(definition => {
    const { name, type, defaultValue } = definition;
    const own = { name, value: topic.config.get(name), source: configSources.topic };
    const synonyms = [...(topic.config.isDefault(name) ? [] : [own]), ...defaultsOf(broker, definition)];
    const { value, source } = synonyms[0] ?? { value: defaultValue, source: configSources.builtIn };
    return { name, value, type: configTypes[type], source, isReadOnly: false, synonyms };
  });
}

/** Where a topic's setting comes from when the topic has none. */
function defaultsOf(
  { settings }: Broker,
  { name, brokerName, defaultValue }: ConfigDefinition,
): ConfigSynonym[] {
  if (brokerName === undefined) return [];
  const builtIn = { name: brokerName, value: defaultValue, source: configSources.builtIn };
  // New clusters of Kafka 4.1 have this one set for all brokers.
  if (name === 'min.insync.replicas') return [{ ...builtIn, source: configSources.clusterDefault }, builtIn];
  const maxBytes = String(settings.maxMessageBytes);
  if (name !== 'max.message.bytes' || maxBytes === defaultValue) return [builtIn];
  return [{ name: brokerName, value: maxBytes, source: configSources.brokerFile }, builtIn];
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
  const source = configSources.brokerFile;
  return entries.map(([name, type, given]) => {
    const value = String(given);
    const synonyms = [{ name, value, source }];
    return { name, value, type: configTypes[type], source, isReadOnly: true, synonyms };
  });
}

/** Writes a setting as CreateTopics does; without tagged fields. */
export function writeBriefConfig(response: ResponseWriter, entry: ConfigEntry): void {
  response.string(entry.name).string(entry.value);
  response.boolean(entry.isReadOnly).int8(entry.source).boolean(false);
}
