import { createRequire } from 'node:module';
import { IllegalStateError } from '../../errors.js';

/**
 * The parts of kafkajs that its public API does not offer and this driver needs. kafkajs is pinned to one version;
 * `checkKafkajs` compares the shapes, so that another version fails with a clear error and not by losing records.
 */

export interface PartitionOffset {
  partition: number;
  offset: string;
}

export interface FetchedOffset extends PartitionOffset {
  metadata: string | null;
  /** Nothing is committed; `offset` is the end of the partition, where reading begins. */
  isStart?: true;
}

/** One entry of an OffsetFetch response. */
export interface FetchedTopicOffsets {
  topic: string;
  partitions: FetchedOffset[];
}

/** A connection to the group's coordinator. */
export interface Coordinator {
  isConnected(): boolean;
  leaveGroup(member: { groupId: string; memberId: string }): Promise<unknown>;
  syncGroup(request: unknown): Promise<{ memberAssignment: Buffer }>;
  /** Members have metadata only while no generation is under way. */
  describeGroups(of: { groupIds: readonly string[] }): Promise<{
    groups: readonly { members: readonly { memberMetadata: Buffer }[] }[];
  }>;
  offsetFetch(request: {
    groupId: string;
    topics: { topic: string; partitions: { partition: number }[] }[];
  }): Promise<{ responses: FetchedTopicOffsets[] }>;
  heartbeat(member: { groupId: string; memberId: string; groupGenerationId: number }): Promise<unknown>;
  endTxn(request: {
    transactionalId: string;
    producerId: string;
    producerEpoch: number;
    transactionResult: boolean;
  }): Promise<unknown>;
  /** What the broker serves, by API key. */
  readonly versions: Readonly<Record<number, { readonly maxVersion: number } | undefined>>;
  offsetCommit(request: {
    groupId: string;
    memberId: string;
    groupGenerationId: number;
    topics: {
      topic: string;
      partitions: { partition: number; offset: string; metadata: string | null }[];
    }[];
  }): Promise<unknown>;
}

/** A connection to any broker. */
export interface ConnectedBroker extends Pick<Coordinator, 'versions'> {
  readonly connectionPool: { send(request: ProtocolRequest): Promise<unknown> };
}

/** What a broker has of one partition. */
export interface FetchedPartition {
  readonly partition: number;
  readonly highWatermark: string;
  readonly lastStableOffset: string;
  readonly messages: readonly unknown[];
}

/** A connection to a broker that leads partitions. */
export interface LeadingBroker {
  fetch(request: {
    isolationLevel: number;
    maxWaitTime: number;
    minBytes: number;
    maxBytes: number;
    topics: {
      topic: string;
      partitions: { partition: number; fetchOffset: string; maxBytes: number }[];
    }[];
  }): Promise<{
    readonly responses: readonly { readonly partitions: readonly FetchedPartition[] }[];
    /** Milliseconds for which a quota keeps the broker from hearing this client. */
    readonly throttleTime?: number;
    readonly clientSideThrottleTime?: number;
  }>;
}

/** The records of one fetched partition, without those of aborted transactions. */
export interface FetchedBatch {
  readonly messages: readonly {
    readonly offset: string;
    readonly timestamp: string;
    readonly key: Buffer | null;
    readonly value: Buffer | null;
  }[];
  /** What was asked for. */
  readonly fetchedOffset: string;
  isEmptyIncludingFiltered(): boolean;
  /** There are records, of which none is shown. */
  isEmptyDueToFiltering(): boolean;
  /** Also of records that are not shown. */
  lastOffset(): string;
}

/** The connections and metadata of one kafkajs client. */
export interface Cluster {
  refreshMetadata(): Promise<void>;
  /** Needs metadata. */
  findControllerBroker(): Promise<ConnectedBroker>;
  /** Start positions by group, shared by all generations of a member. */
  readonly committedOffsetsByGroup: Map<string, object>;
  fetchTopicsOffset(
    topics: { topic: string; partitions: { partition: number }[]; fromBeginning: boolean }[],
  ): Promise<{ topic: string; partitions: PartitionOffset[] }[]>;
  /** @param of `coordinatorType` 1: of a transactional id; default 0: of a group */
  findGroupCoordinator(of: {
    groupId: string;
    coordinatorType?: number;
  }): Promise<Coordinator & ConnectedBroker>;
  /** Loads the metadata of topics, beside those that are loaded. */
  addMultipleTargetTopics(topics: readonly string[]): Promise<void>;
  /** Only of topics whose metadata is loaded. */
  findTopicPartitionMetadata(topic: string): readonly { partitionId: number }[];
  /** Partitions by the id of the broker that leads them. */
  findLeaderForPartitions(topic: string, partitions: readonly number[]): Record<string, number[]>;
  findBroker(of: { nodeId: string }): Promise<LeadingBroker>;
}

/** kafkajs makes one per generation of a member: it knows whose offsets are whose. */
export interface OffsetManager {
  readonly cluster: Cluster;
  readonly groupId: string;
  readonly memberId: string;
  readonly generationId: number;
  readonly memberAssignment: Readonly<Record<string, readonly number[]>>;
  coordinator: Coordinator;
  /** Next offsets to read, by topic and partition. */
  resolvedOffsets: Record<string, Record<number, string>>;
  nextOffset(topic: string, partition: number): { toString(): string };
  getCoordinator(): Promise<Coordinator>;
  /** Runs once, at the end of the constructor. */
  clearAllOffsets(): void;
  /** Called after OFFSET_OUT_OF_RANGE. */
  setDefaultOffset(of: { topic: string; partition: number }): Promise<void>;
}

/** The connections of a client. */
export interface BrokerPool {
  /** Calls `use` with one broker after the other until one gives something; null: none did. */
  withBroker(use: (connected: unknown) => Promise<unknown>): Promise<unknown>;
}

export interface RequestQueue {
  pending: unknown[];
  throttledUntil: number;
  throttleCheckTimeoutId: NodeJS.Timeout | null;
  scheduleCheckPendingRequests(): void;
  checkPendingRequests(): void;
}

/** Writes a request's body; what is used of it. */
export interface Encoder {
  writeInt16(value: number): Encoder;
  writeInt32(value: number): Encoder;
  writeInt64(value: string | number): Encoder;
  writeBoolean(value: boolean): Encoder;
  writeUVarInt(value: number): Encoder;
  writeUVarIntString(value: string | null): Encoder;
  writeUVarIntArray(items: readonly Encoder[] | null): Encoder;
  writeVarIntBytes(value: Buffer | string | null): Encoder;
}

/** Reads a response's body; what is used of it. */
export interface WireDecoder {
  /** Of the next byte. */
  readonly offset: number;
  forward(byteLength: number): void;
  readVarInt(): number;
  readString(): string;
  readBytes(byteLength: number): Buffer;
  readArray<T>(read: () => T): T[];
  readInt16(): number;
  readInt32(): number;
  readInt64(): { toString(): string };
  readBoolean(): boolean;
  readUVarIntString(): string | null;
  readUVarIntBytes(): Buffer | null;
  readUVarIntArray<T>(read: () => T): T[] | null;
  readTaggedFields(): unknown;
}

/** What the records of a batch have in common. Offsets, times and ids are numbers in decimal. */
export interface BatchContext {
  readonly firstOffset: string;
  readonly firstTimestamp: string;
  readonly maxTimestamp: string;
  readonly partitionLeaderEpoch: number;
  readonly inTransaction: boolean;
  readonly isControlBatch: boolean;
  readonly lastOffsetDelta: number;
  readonly producerId: string;
  readonly producerEpoch: number;
  readonly firstSequence: number;
  /** 1: that of the append to the log. */
  readonly timestampType: 0 | 1;
  readonly magicByte: 2;
}

/** One request as kafkajs sends it. */
export interface ProtocolRequest {
  readonly request: {
    readonly apiKey: number;
    readonly apiVersion: number;
    readonly apiName: string;
    encode(): Promise<Encoder>;
  };
  readonly response: {
    decode(raw: Buffer): Promise<unknown>;
    /** @throws what the answer says went wrong */
    parse(data: unknown): Promise<unknown>;
  };
}

/** The versions of one request that kafkajs knows. */
export interface ProtocolDefinition {
  readonly versions: readonly string[];
  protocol(of: { version: number }): (args: never) => ProtocolRequest;
}

export type RequestTable = Record<string, ProtocolDefinition | undefined>;

/** Cuts what the socket of one connection reads into responses. */
export interface Connection {
  /** Bytes of an unfinished response. */
  bytesBuffered: number;
  /** Set while it authenticates: then it wants the bytes as they are. */
  authHandlers: object | null;
  socket: object;
  readonly requestQueue: {
    /** Requests that wait for their answer, by correlation id. */
    readonly inflight: ReadonlyMap<number, { readonly entry: { readonly apiKey: number } }>;
    fulfillRequest(response: { size: number; correlationId: number; payload: Buffer }): void;
  };
  /** @param bytes what the socket read */
  processData(bytes: Buffer): void;
}

const supportedVersion = '2.2.4';
const load = createRequire(import.meta.url);

/** The package has no `exports`, so its inner files can be loaded; `import` would need their full file names. */
export const internals = {
  version: (load('kafkajs/package.json') as { version: string }).version,
  offsetManager: loadPrototype('kafkajs/src/consumer/offsetManager/index.js') as OffsetManager | undefined,
  brokerPool: loadPrototype('kafkajs/src/cluster/brokerPool.js') as BrokerPool | undefined,
  requestQueue: loadPrototype('kafkajs/src/network/requestQueue/index.js') as RequestQueue | undefined,
  requests: loadMember('kafkajs/src/protocol/requests/index.js', 'requests') as RequestTable | undefined,
  Encoder: loadFile('kafkajs/src/protocol/encoder.js') as (new () => Encoder) | undefined,
  Decoder: loadFile('kafkajs/src/protocol/decoder.js') as (new (raw: Buffer) => WireDecoder) | undefined,
  Batch: loadFile('kafkajs/src/consumer/batch.js') as
    (new (topic: string, fetchedOffset: string, fetched: FetchedPartition) => FetchedBatch) | undefined,
  crc32c: loadFile('kafkajs/src/protocol/recordBatch/crc32C/index.js') as
    ((bytes: Buffer) => number) | undefined,
  decodeRecord: loadFile('kafkajs/src/protocol/recordBatch/record/v0/decoder.js') as
    ((record: WireDecoder, context: BatchContext) => { readonly offset: string }) | undefined,
  lookupCodecByAttributes: loadMember(
    'kafkajs/src/protocol/message/compression/index.js',
    'lookupCodecByAttributes',
  ) as ((attributes: number) => { decompress(records: Buffer): Promise<Buffer> } | null) | undefined,
  createErrorFromCode: loadMember('kafkajs/src/protocol/error.js', 'createErrorFromCode') as
    ((code: number) => Error) | undefined,
  connection: loadPrototype('kafkajs/src/network/connection.js') as Connection | undefined,
};

function loadPrototype(file: string): unknown {
  return loadMember(file, 'prototype');
}

function loadMember(file: string, name: string): unknown {
  return (loadFile(file) as Record<string, unknown> | undefined)?.[name];
}

function loadFile(file: string): unknown {
  try {
    return load(file) as unknown;
  } catch {
    return undefined;
  }
}

/** What the patches change: as they are in the supported kafkajs, or with the version that `patches/group-fencing.ts` adds. */
const knownRequestVersions: Readonly<Record<string, RegExp>> = {
  TxnOffsetCommit: /^0,1(,3)?$/,
  OffsetFetch: /^1,2,3,4(,7)?$/,
  Produce: /^0,1,2,3,4,5,6,7$/,
  Fetch: /^0,1,2,3,4,5,6,7,8,9,10,11$/,
  JoinGroup: /^0,1,2,3,4,5$/,
  SyncGroup: /^0,1,2,3$/,
  Heartbeat: /^0,1,2,3$/,
};

const neededClassMethods = {
  Encoder: [
    ...['writeInt16', 'writeInt32', 'writeInt64', 'writeBoolean'],
    ...['writeUVarInt', 'writeUVarIntString', 'writeUVarIntArray', 'writeVarIntBytes'],
  ],
  Decoder: [
    ...['readInt16', 'readInt32', 'readInt64', 'readString', 'readBytes', 'readArray'],
    ...['readBoolean', 'readUVarIntString', 'readUVarIntBytes', 'readUVarIntArray', 'readTaggedFields'],
    ...['readVarInt', 'forward'],
  ],
  Batch: ['isEmptyIncludingFiltered', 'isEmptyDueToFiltering', 'lastOffset'],
} as const;

const neededMethods = {
  offsetManager: ['getCoordinator', 'clearAllOffsets', 'setDefaultOffset', 'nextOffset', 'resolveOffsets'],
  brokerPool: ['withBroker'],
  requestQueue: ['scheduleCheckPendingRequests', 'checkPendingRequests', 'fulfillRequest'],
  connection: ['processData'],
} as const;

const neededFunctions = ['createErrorFromCode', 'crc32c', 'decodeRecord', 'lookupCodecByAttributes'] as const;

/** @throws {IllegalStateError} the installed kafkajs is not the one this driver knows */
export function checkKafkajs(found: Partial<typeof internals> = internals): void {
  const missing = [
    ...Object.entries(neededMethods).flatMap(([name, methods]) =>
      missingMethods(name, found[name as keyof typeof neededMethods], methods),
    ),
    ...Object.entries(neededClassMethods).flatMap(([name, methods]) =>
      missingMethods(name, found[name as keyof typeof neededClassMethods]?.prototype, methods),
    ),
    ...missingRequests(found.requests),
    ...neededFunctions.filter(name => typeof found[name] !== 'function'),
  ];
  if (found.version === supportedVersion && missing.length === 0) return;
  throw new IllegalStateError(
    `kafkajs ${supportedVersion} is needed, found ${found.version ?? 'none'}` +
      (missing.length === 0 ? '' : ` without ${missing.join(', ')}`) +
      `: run "npm install kafkajs@${supportedVersion}"`,
  );
}

function missingMethods(name: string, prototype: unknown, methods: readonly string[]): string[] {
  const found = prototype as Record<string, unknown> | undefined;
  return methods.filter(method => typeof found?.[method] !== 'function').map(method => `${name}.${method}`);
}

function missingRequests(requests: RequestTable | undefined): string[] {
  return Object.entries(knownRequestVersions)
    .filter(([name, versions]) => !versions.test(requests?.[name]?.versions.join(',') ?? ''))
    .map(([name]) => `requests.${name}`);
}
