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
}

/** One entry of an OffsetFetch response. */
export interface FetchedTopicOffsets {
  topic: string;
  partitions: FetchedOffset[];
}

/** A connection to the group's coordinator. */
export interface Coordinator {
  leaveGroup(member: { groupId: string; memberId: string }): Promise<unknown>;
  offsetFetch(request: unknown): Promise<{ responses: FetchedTopicOffsets[] }>;
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

/** The connections and metadata of one kafkajs client. */
export interface Cluster {
  /** Start positions by group, shared by all generations of a member. */
  readonly committedOffsetsByGroup: Map<string, object>;
  fetchTopicsOffset(
    topics: { topic: string; partitions: { partition: number }[]; fromBeginning: boolean }[],
  ): Promise<{ topic: string; partitions: PartitionOffset[] }[]>;
  findGroupCoordinator(group: { groupId: string }): Promise<Coordinator>;
  /** Loads the metadata of topics, beside those that are loaded. */
  addMultipleTargetTopics(topics: readonly string[]): Promise<void>;
  /** Only of topics whose metadata is loaded. */
  findTopicPartitionMetadata(topic: string): readonly { partitionId: number }[];
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

export interface RequestQueue {
  pending: unknown[];
  throttledUntil: number;
  throttleCheckTimeoutId: NodeJS.Timeout | null;
  scheduleCheckPendingRequests(): void;
  checkPendingRequests(): void;
}

export const supportedVersion = '2.2.4';
const load = createRequire(import.meta.url);

/** The package has no `exports`, so its inner files can be loaded; `import` would need their full file names. */
export const internals = {
  version: (load('kafkajs/package.json') as { version: string }).version,
  offsetManager: loadPrototype('kafkajs/src/consumer/offsetManager/index.js') as OffsetManager | undefined,
  requestQueue: loadPrototype('kafkajs/src/network/requestQueue/index.js') as RequestQueue | undefined,
};

function loadPrototype(file: string): object | undefined {
  try {
    return (load(file) as { prototype?: object }).prototype;
  } catch {
    return undefined;
  }
}

const neededMethods = {
  offsetManager: ['getCoordinator', 'clearAllOffsets', 'setDefaultOffset', 'nextOffset', 'resolveOffsets'],
  requestQueue: ['scheduleCheckPendingRequests', 'checkPendingRequests'],
} as const;

/** @throws {IllegalStateError} the installed kafkajs is not the one this driver knows */
export function checkKafkajs(found: Partial<typeof internals> = internals): void {
  const missing = Object.entries(neededMethods).flatMap(([name, methods]) => {
    const prototype = found[name as keyof typeof neededMethods] as Record<string, unknown> | undefined;
    return methods
      .filter(method => typeof prototype?.[method] !== 'function')
      .map(method => `${name}.${method}`);
  });
  if (found.version === supportedVersion && missing.length === 0) return;
  throw new IllegalStateError(
    `kafkajs ${supportedVersion} is needed, found ${found.version ?? 'none'}` +
      (missing.length === 0 ? '' : ` without ${missing.join(', ')}`) +
      `: run "npm install kafkajs@${supportedVersion}"`,
  );
}
