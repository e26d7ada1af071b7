import { systemClock, type Clock } from './clock.js';

/** What can be chosen about an embedded broker. */
export interface EmbeddedKafkaOptions {
  /** Address to listen on. Default: 127.0.0.1. */
  readonly host?: string;
  /**
   * Name or address that clients are told to connect to. Default: `host`, or 127.0.0.1 where `host` means every address
   * of the machine; clients elsewhere then need a name that they know.
   */
  readonly advertisedHost?: string;
  /** 0 (the default) takes a free port. */
  readonly port?: number;
  /** Creates a topic when a client asks for it, as Kafka does by default. Default: true. */
  readonly autoCreateTopics?: boolean;
  /** Partitions of topics that are created automatically or with -1 partitions. Default: 1. */
  readonly defaultPartitions?: number;
  /** Largest record batch, in bytes, unless the topic's `max.message.bytes` says otherwise. Default: 1,048,588. */
  readonly maxMessageBytes?: number;
  /**
   * Most memory that the records of one partition may take, 256 bytes for each batch beside its own included; producing more is
   * refused with POLICY_VIOLATION. Default: 1 GiB.
   */
  readonly maxPartitionBytes?: number;
  /** Most memory that all partitions of a topic may take together, counted and refused alike. Default: 4 GiB. */
  readonly maxTopicBytes?: number;
  /** Largest request; a longer one closes its connection. Default: 104,857,600, as Kafka. */
  readonly maxRequestBytes?: number;
  /** Longest metadata of a committed offset, in UTF-16 units. Default: 4,096, as Kafka. */
  readonly maxOffsetMetadataLength?: number;
  /** Shortest session timeout that a consumer may ask for. Default: 6,000, as Kafka. */
  readonly minSessionTimeoutMs?: number;
  /** How often records are deleted that a topic need not keep (`retention.ms`, `retention.bytes`). Default: 300,000, as Kafka. */
  readonly retentionCheckIntervalMs?: number;
  /** How long a new group waits for further members. Default: 0 (Kafka: 3,000), so that tests start at once. */
  readonly initialRebalanceDelayMs?: number;
  /** Time source; pass your own to move time by hand. Default: the system's. */
  readonly clock?: Clock;
  /** Told when a request makes the broker itself fail, which closes the connection. Default: a process warning. */
  readonly onInternalError?: (error: unknown, request: string) => void;
}

export type BrokerSettings = Required<Omit<EmbeddedKafkaOptions, 'port'>> & {
  readonly maxSessionTimeoutMs: number;
  readonly maxTransactionTimeoutMs: number;
};

const localAddress = '127.0.0.1';
/** Listening there is possible, connecting to it is not. */
const everyAddress: ReadonlySet<string> = new Set(['0.0.0.0', '::']);

/** Fills in the defaults. */
export function brokerSettings(options: EmbeddedKafkaOptions): BrokerSettings {
  const { host = localAddress } = options;
  return {
    host,
    advertisedHost: options.advertisedHost ?? (everyAddress.has(host) ? localAddress : host),
    autoCreateTopics: options.autoCreateTopics ?? true,
    defaultPartitions: options.defaultPartitions ?? 1,
    maxMessageBytes: options.maxMessageBytes ?? 1_048_588,
    maxPartitionBytes: options.maxPartitionBytes ?? 1_073_741_824,
    maxTopicBytes: options.maxTopicBytes ?? 4_294_967_296,
    maxRequestBytes: options.maxRequestBytes ?? 104_857_600,
    maxOffsetMetadataLength: options.maxOffsetMetadataLength ?? 4_096,
    minSessionTimeoutMs: options.minSessionTimeoutMs ?? 6_000,
    maxSessionTimeoutMs: 1_800_000,
    maxTransactionTimeoutMs: 900_000,
    retentionCheckIntervalMs: options.retentionCheckIntervalMs ?? 300_000,
    initialRebalanceDelayMs: options.initialRebalanceDelayMs ?? 0,
    clock: options.clock ?? systemClock,
    onInternalError: options.onInternalError ?? warn,
  };
}

function warn(error: unknown, request: string): void {
  const reason = error instanceof Error ? error.message : String(error);
  process.emitWarning(`embedded Kafka: ${request} failed: ${reason}`);
}
