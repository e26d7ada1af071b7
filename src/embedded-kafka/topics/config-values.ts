import { type ConfigType } from './topic-config.js';

/** What a value of a setting has to be, beside its type. */
interface ValueRule {
  readonly least?: number;
  readonly most?: number;
  readonly oneOf?: readonly string[];
}

/** As in Kafka 4.1; a setting without a rule takes any value of its type. */
const rules: Readonly<Record<string, ValueRule>> = {
  'cleanup.policy': { oneOf: ['compact', 'delete'] },
  'compression.type': { oneOf: ['uncompressed', 'zstd', 'lz4', 'snappy', 'gzip', 'producer'] },
  'compression.lz4.level': { least: 1, most: 17 },
  'compression.zstd.level': { least: -131_072, most: 22 },
  'delete.retention.ms': { least: 0 },
  'file.delete.delay.ms': { least: 0 },
  'flush.messages': { least: 1 },
  'flush.ms': { least: 0 },
  'index.interval.bytes': { least: 0 },
  'local.retention.bytes': { least: -2 },
  'local.retention.ms': { least: -2 },
  'max.compaction.lag.ms': { least: 1 },
  'max.message.bytes': { least: 0 },
  'message.timestamp.after.max.ms': { least: 0 },
  'message.timestamp.before.max.ms': { least: 0 },
  'message.timestamp.type': { oneOf: ['CreateTime', 'LogAppendTime'] },
  'min.cleanable.dirty.ratio': { least: 0, most: 1 },
  'min.compaction.lag.ms': { least: 0 },
  'min.insync.replicas': { least: 1 },
  'retention.ms': { least: -1 },
  'segment.index.bytes': { least: 4 },
  'segment.jitter.ms': { least: 0 },
  'segment.ms': { least: 1 },
};

/** What Kafka says of a value of another type. */
const expectations: Record<ConfigType, string> = {
  boolean: 'Expected value to be either true or false',
  string: 'Expected a string',
  int: 'Not a number of type INT',
  long: 'Not a number of type LONG',
  double: 'Not a number of type DOUBLE',
  list: 'Expected a comma separated list.',
};

/** Says in Kafka's words why a setting cannot have this value; `undefined` when it can. */
export function whyInvalid(name: string, type: ConfigType, value: string): string | undefined {
  if (!isOfType(type, value)) return expectations[type];
  const { least, most, oneOf } = rules[name] ?? {};
  if (oneOf !== undefined) {
    const elements = type === 'list' ? elementsOf(value) : [value];
    if (!elements.every(element => oneOf.includes(element)))
      return `String must be one of: ${oneOf.join(', ')}`;
  }
  if (least !== undefined && Number(value) < least) return `Value must be at least ${least}`;
  if (most !== undefined && Number(value) > most) return `Value must be no more than ${most}`;
  return undefined;
}

function elementsOf(value: string): string[] {
  return value === '' ? [] : value.split(',').map(element => element.trim());
}

function isOfType(type: ConfigType, value: string): boolean {
  if (type === 'boolean') return /^(true|false)$/i.test(value);
  if (type === 'int') return isWhole(value) && BigInt.asIntN(32, BigInt(value)) === BigInt(value);
  if (type === 'long') return isWhole(value) && BigInt.asIntN(64, BigInt(value)) === BigInt(value);
  if (type === 'double') return value !== '' && Number.isFinite(Number(value));
  return true;
}

function isWhole(value: string): boolean {
  return /^-?\d+$/.test(value);
}
