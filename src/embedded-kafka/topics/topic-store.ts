import { randomBytes } from 'node:crypto';
import { errorCodes, type ErrorCode } from '../protocol/error-codes.js';
import { Topic } from './topic.js';
import { TopicConfig } from './topic-config.js';

/** Most partitions a topic may have: a typing error should not fill the memory. */
export const maxPartitions = 10_000;
const maxNameLength = 249;

export interface NewTopic {
  readonly name: string;
  /** -1 for the broker's default. */
  readonly partitionCount: number;
  readonly config?: Iterable<readonly [string, string | null]>;
}

export type CreateResult =
  | { readonly kind: 'created'; readonly topic: Topic }
  | { readonly kind: 'refused'; readonly code: ErrorCode; readonly message: string };

/** All topics of the broker, by name and by id. */
export class TopicStore {
  private readonly byName = new Map<string, Topic>();
  private readonly byId = new Map<string, Topic>();

  constructor(private readonly defaultPartitions: number) {}

  /** All topics, in order of creation. */
  all(): Topic[] {
    return [...this.byName.values()];
  }

  get(name: string): Topic | undefined {
    return this.byName.get(name);
  }

  getById(id: string): Topic | undefined {
    return this.byId.get(id);
  }

  /** @param isDryRun - checks only */
  create(wanted: NewTopic, isDryRun = false): CreateResult {
    const { name } = wanted;
    if (!isTopicName(name)) {
      return refused(errorCodes.INVALID_TOPIC_EXCEPTION, `Topic name is invalid: ${whyInvalid(name)}`);
    }
    if (this.byName.has(name)) {
      return refused(errorCodes.TOPIC_ALREADY_EXISTS, `Topic '${name}' already exists.`);
    }
    const collision = this.all().find(other => metricName(other.name) === metricName(name));
    if (collision !== undefined) {
      const message = `Topic '${name}' collides with existing topic: ${collision.name}`;
      return refused(errorCodes.INVALID_TOPIC_EXCEPTION, message);
    }
    const partitionCount = wanted.partitionCount === -1 ? this.defaultPartitions : wanted.partitionCount;
    if (partitionCount < 1 || partitionCount > maxPartitions) {
      return refused(
        errorCodes.INVALID_PARTITIONS,
        `Number of partitions must be 1 to ${maxPartitions}, found ${partitionCount}.`,
      );
    }
    const config = TopicConfig.parse(wanted.config ?? []);
    if (typeof config === 'string') return refused(errorCodes.INVALID_CONFIG, config);
    const topic = new Topic(name, randomBytes(16).toString('hex'), config, partitionCount);
    if (!isDryRun) {
      this.byName.set(name, topic);
      this.byId.set(topic.id, topic);
    }
    return { kind: 'created', topic };
  }

  /** Removes a topic and wakes the fetches that wait for it. */
  delete(topic: Topic): void {
    this.byName.delete(topic.name);
    this.byId.delete(topic.id);
    for (const { log } of topic.partitions) log.close();
  }
}

/** Kafka's rule for names. */
export function isTopicName(name: string): boolean {
  return /^[a-zA-Z0-9._-]+$/.test(name) && name.length <= maxNameLength && name !== '.' && name !== '..';
}

/** Kafka's metrics cannot tell '.' from '_', so it refuses names that differ in nothing else. */
function metricName(name: string): string {
  return name.replaceAll('.', '_');
}

/** In Kafka's words. */
function whyInvalid(name: string): string {
  if (name === '') return 'the empty string is not allowed';
  if (name === '.' || name === '..') return "'.' or '..' is not allowed";
  if (name.length > maxNameLength) {
    return `the length of '${name}' is longer than the max allowed length ${maxNameLength}`;
  }
  return `'${name}' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'`;
}

function refused(code: ErrorCode, message: string): CreateResult {
  return { kind: 'refused', code, message };
}
