/**
 * The port between the engine and a Kafka client: nothing of kafkajs appears here, so that the engine can be driven
 * by a simulation. Offsets are `bigint`, decimal text only at the borders.
 */

import type { BrokerError } from '../errors.js';

export interface TlsOptions {
  /** PEM texts. */
  ca?: string;
  cert?: string;
  key?: string;
  passphrase?: string;
  /** False only where the user asked for it; a warning is logged. */
  rejectUnauthorized?: boolean;
  servername?: string;
}

export type SaslOptions =
  | { mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512'; username: string; password: string }
  | {
      mechanism: 'oauthbearer';
      /** OIDC client credentials grant. */
      tokenEndpointUrl: string;
      clientId: string;
      clientSecret: string;
      scope?: string;
      extensions?: Record<string, string>;
    };

/** How to reach the brokers; structured-cloneable. */
export interface ConnectionOptions {
  clientId: string;
  brokers: readonly string[];
  tls?: TlsOptions | true;
  sasl?: SaslOptions;
  /** Milliseconds; default 10,000. */
  connectionTimeoutMs: number;
  /** Milliseconds; default 30,000. */
  requestTimeoutMs: number;
}

export interface ConsumerOptions {
  groupId: string;
  topic: string;
  sessionTimeoutMs: number;
  heartbeatIntervalMs: number;
  rebalanceTimeoutMs: number;
  /** Bytes per partition in one fetch response. */
  maxBytesPerPartition: number;
  /** Bytes in one fetch response. */
  maxBytes: number;
  /** Longest wait of the broker for new records. */
  maxWaitMs: number;
  minBytes: number;
  /** Where a partition starts that has no committed offset. */
  startFrom: 'earliest' | 'latest';
  metadataMaxAgeMs: number;
  /**
   * Which members of the group get partitions. `one-member`: one has all, the others stand by; needed where the chunks of a
   * file are scattered over the partitions. `by-file`: each has an even share and keeps it while others come and go. These
   * two may meet in a group: it is then `one-member`. `spread`: kafkajs's round robin, for readers that keep nothing.
   */
  placement: 'one-member' | 'by-file' | 'spread';
  /**
   * What all members that work together must have in common; a member with other settings than those that have partitions
   * gets none.
   */
  groupSettings?: Readonly<Record<string, string>>;
  /**
   * Needed for `commitTransaction`. With `one-member` the same for all members, so that whoever takes over ends what the
   * last one left undecided; else each member's own, and the same after its restart.
   */
  transactionalId?: string;
  /** Of this run of the process, and of no other; the members of the group hear it. */
  runId?: string;
  /**
   * Name of this member in its group. A process that joins with the name of one that the broker still believes in takes its
   * place at once, with its partitions; should that one live, it ends with `onFatal`.
   */
  groupInstanceId?: string;
}

export type HeaderValue = string | Uint8Array | null;

/** By name; a list where a name stands several times. Values are read as bytes. */
export type RecordHeaders = Readonly<Record<string, HeaderValue | readonly HeaderValue[]>>;

/** `value`, `key` and `headers` are valid only while `onRecords` runs: they are views into the whole fetch response. Copy what is kept. */
export interface RawRecord {
  readonly offset: bigint;
  readonly timestampMs: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  /** Default: none. */
  readonly headers?: RecordHeaders;
}

/** A committed position; `offset` null: the group never committed this partition. */
export interface CommittedOffset {
  readonly partition: number;
  readonly offset: bigint | null;
  readonly metadata: string | null;
  /**
   * Where reading begins with `startFrom: 'latest'` and nothing committed. It should be committed at once: whoever comes next
   * begins at the end that there is then, and would not see what came in between.
   */
  readonly startOffset?: bigint;
}

/** One generation of the group as this member sees it. */
export interface Assignment {
  /** Rises with every assignment this consumer object is given, also after a crash and reconnect. */
  readonly epoch: number;
  /** Owned in the generation right before this one and in this one: positions go on from memory. */
  readonly kept: readonly number[];
  /** New to this member, or owned before but with a generation missed in between. */
  readonly added: readonly number[];
  /** Owned before, not any more. */
  readonly lost: readonly number[];
  /** How the share differs from what the options ask for. */
  readonly difference?: ShareDifference;
  /** Runs of the members in this generation; undefined: they are not known. */
  readonly runs?: readonly string[];
}

/**
 * - `refused`: no partitions, as the other members have other settings
 * - `one-member`: one member has all partitions although this one asked for `by-file`; `reason` names the file that lies on
 *   more than one partition, or the members
 */
export interface ShareDifference {
  readonly kind: 'refused' | 'one-member';
  readonly reason: string;
}

/** All are called synchronously and must not throw. */
export interface ConsumerHandlers {
  /** A generation begins. No record of it was fetched yet. */
  onAssigned(assignment: Assignment): void;
  /**
   * The committed position of an added partition, read by the consumer's own OffsetFetch and handed over before its
   * first record. May come twice for a partition of one epoch, with the same content.
   */
  onCommittedOffset(epoch: number, committed: CommittedOffset): void;
  /** The next offset to read of a kept partition; null to start from the committed one. */
  positionOf(partition: number): bigint | null;
  /**
   * Records of one partition in offset order.
   * @param nextOffset offset after the last one this batch covers (also over compacted records and control records)
   * @param highWatermark the partition's end at the time of the fetch
   */
  onRecords(
    epoch: number,
    partition: number,
    records: readonly RawRecord[],
    nextOffset: bigint,
    highWatermark: bigint,
  ): void;
  /**
   * The log does not hold the position of a partition: reading goes on at `found`, the next records come from there. With `found`
   * above `expected`, the records in between were deleted before they were read; below it, the log was emptied or made anew.
   */
  onPositionReset(epoch: number, partition: number, expected: bigint, found: bigint): void;
  /** Ids of the files of which some chunks are held and not all; asked at each join of a `by-file` member. */
  openVersions?(): readonly string[];
  /** The consumer lost its connection or crashed and tries again by itself, for ever; `error` says why. */
  onTrouble(error: Error): void;
  /** Something that no retry mends: authorization, unsupported protocol. The consumer is down for good. */
  onFatal(error: Error): void;
}

export interface OffsetToCommit {
  readonly partition: number;
  /** Next offset to read after a restart. */
  readonly offset: bigint;
  readonly metadata: string;
}

export interface ConsumerPort {
  /** Connects and joins the group. Waits for an unreachable broker, logging, until it answers or `stop()` is called. */
  start(): Promise<void>;
  /**
   * Tells the group that a file lies on more than one partition: from the next generation on, which begins at once, one member
   * has all partitions. Without effect unless the placement is `by-file`.
   * @param file what was seen, for the logs of all members
   */
  tellScattered?(file: string): void;
  /** Joins the group again, so that it sees whether two members hold chunks of one file; what they own they keep. */
  compareOpenVersions?(): void;
  pause(partitions: readonly number[]): void;
  resume(partitions: readonly number[]): void;
  /**
   * Commits. `stale`: this member is no longer in the generation `epoch` belongs to, nothing was committed; not an error.
   * @throws {BrokerError} on anything else
   */
  commit(epoch: number, offsets: readonly OffsetToCommit[]): Promise<'committed' | 'stale'>;
  /**
   * Produces the records and commits the offsets in one transaction: wholly or not at all, also when this process dies or
   * an answer is lost. One at a time. `stale` as for `commit`; if partitions were lost meanwhile it may have happened after all,
   * so whoever goes on with those kept starts them, too, from the committed offsets (`positionOf` gives null).
   *
   * @param records of one partition no more than one batch of the topic holds; sent in this order
   * @param offsets one or more that differ from what is committed
   * @throws {BrokerError} nothing of it happened; `retriable` when the same again may succeed
   */
  commitTransaction(
    epoch: number,
    records: readonly PartitionRecords[],
    offsets: readonly OffsetToCommit[],
  ): Promise<'committed' | 'stale'>;
  /** Leaves the group and disconnects, within `deadlineMs`. Never commits. */
  stop(deadlineMs: number): Promise<void>;
}

export interface OutgoingRecord {
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: RecordHeaders;
  readonly timestampMs?: number;
}

/** Records for one partition of a topic, in order. */
export interface PartitionRecords {
  readonly topic: string;
  readonly partition: number;
  readonly records: readonly OutgoingRecord[];
}

/** What waits for its turn is not sent any more once this says so. */
export interface CancellationToken {
  readonly isCancelled: boolean;
}

export interface ProducerPort {
  /**
   * Connects when first needed, then sends records of one partition in one request, in order, with all in-sync
   * replicas acknowledging and broker-side de-duplication of retries (idempotence).
   * @param token cancelled before they are in a request: they are not sent, and this rejects with a retriable error. (An `AbortSignal` for each
   *   of thousands of results would cost more than they do.)
   * @throws {BrokerError} `retriable` when sending the same again may succeed
   */
  send(
    topic: string,
    partition: number,
    records: readonly OutgoingRecord[],
    token?: CancellationToken,
  ): Promise<void>;
  /** Number of partitions of a topic. @throws {BrokerError} */
  partitionCount(topic: string): Promise<number>;
  close(): Promise<void>;
}

export interface PartitionInfo {
  readonly partition: number;
  readonly leader: number;
  readonly replicas: number;
  readonly inSyncReplicas: number;
  /** Log start and next offset to be written. */
  readonly logStartOffset: bigint;
  readonly endOffset: bigint;
}

export interface TopicInfo {
  readonly topic: string;
  readonly partitions: readonly PartitionInfo[];
  /** Broker's names and values, e.g. `max.message.bytes`; null: not allowed to read them. */
  readonly config: ReadonlyMap<string, string> | null;
}

/** Kafka's names of what a user may do with a topic or a group. */
export type Operation = 'READ' | 'WRITE' | 'CREATE' | 'DESCRIBE';

export interface AdminPort {
  /** null: no such topic (or no right to see it). @throws {BrokerError} */
  describeTopic(topic: string): Promise<TopicInfo | null>;
  createTopic(
    topic: string,
    partitions: number,
    config?: Readonly<Record<string, string>>,
  ): Promise<'created' | 'existed'>;
  committedOffsets(groupId: string, topic: string): Promise<readonly CommittedOffset[]>;
  /** A broker's own settings, e.g. `fetch.max.bytes`. null: not allowed to read them. @throws {BrokerError} */
  brokerConfig(nodeId: number): Promise<ReadonlyMap<string, string> | null>;
  /** What this user may do, by topic; only topics that may be seen. null: the broker cannot tell (before Kafka 2.4). @throws {BrokerError} */
  topicOperations(topics: readonly string[]): Promise<ReadonlyMap<string, ReadonlySet<Operation>> | null>;
  /** What this user may do with the group. null: the broker cannot tell (before Kafka 2.4). @throws {BrokerError} */
  groupOperations(groupId: string): Promise<ReadonlySet<Operation> | null>;
  /**
   * Whether results and offsets can be committed in transactions, without changing anything.
   *
   * @throws {BrokerError} with the reason why not
   */
  checkTransactions(transactionalId: string, groupId: string): Promise<void>;
  clusterInfo(): Promise<{
    clusterId: string;
    brokers: readonly { nodeId: number; host: string; port: number }[];
  }>;
  close(): Promise<void>;
}

export interface ReadToEndOptions {
  readonly topic: string;
  /** Next offset to read by partition; the others, and those below the start of their log, are read from their beginning. */
  readonly from: ReadonlyMap<number, bigint>;
  /** Committed records, one partition after the other. Called synchronously; must not throw. */
  readonly onRecord: (record: RawRecord, partition: number) => void;
  /** Ends it early, with an error. */
  readonly signal?: AbortSignal;
}

export interface ReadAtOptions {
  readonly topic: string;
  /** What is read of each partition, ascending. */
  readonly offsets: ReadonlyMap<number, readonly bigint[]>;
  /** Some of them, in order. Called synchronously; must not throw. */
  readonly onRecords: (partition: number, records: readonly RawRecord[]) => void;
  /** Waited for before each request: nothing is read while there is no room for it. */
  readonly untilRoom?: () => Promise<void>;
  /** Ends it early, with an error. */
  readonly signal?: AbortSignal;
}

/** Records that `RecordReader` reads. */
export interface WantedRecords {
  /** By partition, ascending, each with about the length of its value in bytes. */
  readonly records: ReadonlyMap<number, readonly WantedRecord[]>;
  /** Some of them, in order, of several partitions in turns, and others that came with them. Called synchronously; must not throw. */
  readonly onRecords: (partition: number, records: readonly RawRecord[]) => void;
}

export interface WantedRecord {
  readonly offset: bigint;
  readonly byteLength: number;
}

/** Reads committed records of one topic again and again, where it is known at which offsets they lie, in no group. */
export interface RecordReader {
  /**
   * Neighbours are read with one request, and no more is asked for than they need. One call at a time.
   *
   * @returns the offsets of those that are not on the topic (any more), by partition
   * @throws {BrokerError} some of them may have been handed over; the next call connects anew
   */
  read(wanted: WantedRecords): Promise<ReadonlyMap<number, readonly bigint[]>>;
  /** Cuts what is under way. Never rejects. */
  close(): Promise<void>;
}

export interface KafkaDriver {
  consumer(options: ConsumerOptions, handlers: ConsumerHandlers): ConsumerPort;
  /** @param options.mayRepeat faster, and a retry may append records twice and in another order; default: neither */
  producer(options?: { readonly mayRepeat?: boolean }): ProducerPort;
  /**
   * Reads a topic up to where it ends when this is called, in no group; waits for transactions that were begun before.
   * @returns next offset to read by partition
   * @throws {BrokerError} also for a topic that does not exist
   */
  readToEnd(options: ReadToEndOptions): Promise<ReadonlyMap<number, bigint>>;
  /**
   * Reads single committed records, in no group.
   * @returns the offsets of those that are not on the topic (any more), by partition
   * @throws {BrokerError} some of them may have been handed over
   */
  readAt(options: ReadAtOptions): Promise<ReadonlyMap<number, readonly bigint[]>>;
  /** Connects when it is first used. */
  recordReader(topic: string): RecordReader;
  /** Connects at once, or throws after the connection's retries. @throws {BrokerError} */
  admin(): Promise<AdminPort>;
  /** What keeps the connection that was tried last from being made, while others still wait for it; undefined: nothing known. */
  connectionTrouble(): BrokerError | undefined;
}
