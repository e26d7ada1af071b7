import { whyInvalid } from './config-values.js';

/** Types of configuration values, by their numbers in DescribeConfigs. */
export const configTypes = { boolean: 1, string: 2, int: 3, long: 5, double: 6, list: 7 } as const;
export type ConfigType = keyof typeof configTypes;

export interface ConfigDefinition {
  readonly name: string;
  readonly type: ConfigType;
  readonly defaultValue: string;
  /** Name of the broker's setting that the default comes from. */
  readonly brokerName?: string;
}

const define = (
  name: string,
  type: ConfigType,
  defaultValue: string,
  brokerName?: string,
): ConfigDefinition => ({ name, type, defaultValue, ...(brokerName === undefined ? {} : { brokerName }) });

/**
 * The settings of a topic that clients may give and read back, with the names and defaults of Kafka 4.1.
 *
 * `cleanup.policy` (as far as it is about deleting and keys), `max.message.bytes`, `message.timestamp.type` and its
 * two limits, `retention.bytes` and `retention.ms` have an effect here; the others are only kept, as nothing is stored on disk,
 * compacted or replicated.
 */
export const topicConfigDefinitions: readonly ConfigDefinition[] = [
  define('cleanup.policy', 'list', 'delete', 'log.cleanup.policy'),
  define('compression.gzip.level', 'int', '-1', 'compression.gzip.level'),
  define('compression.lz4.level', 'int', '9', 'compression.lz4.level'),
  define('compression.type', 'string', 'producer', 'compression.type'),
  define('compression.zstd.level', 'int', '3', 'compression.zstd.level'),
  define('delete.retention.ms', 'long', '86400000', 'log.cleaner.delete.retention.ms'),
  define('file.delete.delay.ms', 'long', '60000', 'log.segment.delete.delay.ms'),
  define('flush.messages', 'long', '9223372036854775807', 'log.flush.interval.messages'),
  define('flush.ms', 'long', '9223372036854775807'),
  define('follower.replication.throttled.replicas', 'list', ''),
  define('index.interval.bytes', 'int', '4096', 'log.index.interval.bytes'),
  define('leader.replication.throttled.replicas', 'list', ''),
  define('local.retention.bytes', 'long', '-2', 'log.local.retention.bytes'),
  define('local.retention.ms', 'long', '-2', 'log.local.retention.ms'),
  define('max.compaction.lag.ms', 'long', '9223372036854775807', 'log.cleaner.max.compaction.lag.ms'),
  define('max.message.bytes', 'int', '1048588', 'message.max.bytes'),
  define('message.timestamp.after.max.ms', 'long', '3600000', 'log.message.timestamp.after.max.ms'),
  define(
    'message.timestamp.before.max.ms',
    'long',
    '9223372036854775807',
    'log.message.timestamp.before.max.ms',
  ),
  define('message.timestamp.type', 'string', 'CreateTime', 'log.message.timestamp.type'),
  define('min.cleanable.dirty.ratio', 'double', '0.5', 'log.cleaner.min.cleanable.ratio'),
  define('min.compaction.lag.ms', 'long', '0', 'log.cleaner.min.compaction.lag.ms'),
  define('min.insync.replicas', 'int', '1', 'min.insync.replicas'),
  define('preallocate', 'boolean', 'false', 'log.preallocate'),
  define('remote.log.copy.disable', 'boolean', 'false'),
  define('remote.log.delete.on.disable', 'boolean', 'false'),
  define('remote.storage.enable', 'boolean', 'false'),
  define('retention.bytes', 'long', '-1', 'log.retention.bytes'),
  define('retention.ms', 'long', '604800000'),
  define('segment.bytes', 'int', '1073741824', 'log.segment.bytes'),
  define('segment.index.bytes', 'int', '10485760', 'log.index.size.max.bytes'),
  define('segment.jitter.ms', 'long', '0'),
  define('segment.ms', 'long', '604800000'),
  define('unclean.leader.election.enable', 'boolean', 'false', 'unclean.leader.election.enable'),
];

const definitionsByName = new Map(topicConfigDefinitions.map(definition => [definition.name, definition]));

export type ConfigOperation = 'set' | 'delete' | 'append' | 'subtract' | 'unknown';

/** One change of one setting; `append` and `subtract` change the elements of a list. */
export interface ConfigChange {
  readonly name: string;
  readonly operation: ConfigOperation;
  /** Null only to delete. */
  readonly value: string | null;
}

/** What a topic was given; everything else has its default. Never changes: a change makes a new one. */
export class TopicConfig {
  /** Nothing but defaults. */
  static readonly empty = new TopicConfig(new Map());

  private constructor(private readonly given: ReadonlyMap<string, string>) {}

  /**
   * @param given - names and values as a client sends them; null means the default
   * @returns the settings, or one sentence that says what is wrong with them
   */
  static parse(given: Iterable<readonly [string, string | null]>): TopicConfig | string {
    const values = new Map<string, string>();
    for (const [name, value] of given) {
      // Taking back what was never there is no mistake.
      if (value === null) continue;
      const definition = definitionsByName.get(name);
      if (definition === undefined) return `Unknown topic config name: ${name}`;
      const trimmed = value.trim();
      const problem = whyInvalid(name, definition.type, trimmed);
      if (problem !== undefined) return `Invalid value ${value} for configuration ${name}: ${problem}`;
      values.set(name, definition.type === 'boolean' ? trimmed.toLowerCase() : trimmed);
    }
    return new TopicConfig(values);
  }

  /** @returns the settings after these changes, or one sentence that says what is wrong with them */
  change(changes: readonly ConfigChange[]): TopicConfig | string {
    const values = new Map<string, string | null>(this.given);
    for (const change of changes) {
      const value = this.changed(change);
      if (typeof value === 'object' && value !== null) return value.problem;
      values.set(change.name, value);
    }
    return TopicConfig.parse(values);
  }

  /** @returns the setting's new value, null for its default */
  private changed({ name, operation, value }: ConfigChange): string | null | { readonly problem: string } {
    if (operation === 'delete') return null;
    if (value === null) return { problem: `Null value not supported for : ${name}` };
    if (operation === 'set') return value;
    if (operation === 'unknown') return { problem: `Unknown operation on ${name}` };
    if (definitionsByName.get(name)?.type !== 'list') {
      return { problem: `Config value ${operation} is not allowed for config ${name}: it is not a list` };
    }
    const elements = this.get(name).split(',');
    const given = value.split(',');
    const kept = elements.filter(element => element !== '' && !given.includes(element));
    return (operation === 'append' ? [...kept, ...given] : kept).join(',');
  }

  get(name: string): string {
    return this.given.get(name) ?? definitionsByName.get(name)?.defaultValue ?? '';
  }

  number(name: string): number {
    return Number(this.get(name));
  }

  /** Whether old records may be deleted. */
  get mayDelete(): boolean {
    return this.cleanupPolicies.includes('delete');
  }

  /** Whether only the newest record of a key is of interest. */
  get isCompacted(): boolean {
    return this.cleanupPolicies.includes('compact');
  }

  private get cleanupPolicies(): string[] {
    return this.get('cleanup.policy')
      .split(',')
      .map(policy => policy.trim());
  }

  isDefault(name: string): boolean {
    return !this.given.has(name);
  }
}
