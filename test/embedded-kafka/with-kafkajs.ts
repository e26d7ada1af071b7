import kafkajs, { type Consumer, type EachBatchPayload, type Kafka } from 'kafkajs';
import { afterEach, vi } from 'vitest';
import { EmbeddedKafka, type EmbeddedKafkaOptions } from '../../src/embedded-kafka/index.js';

export interface Running {
  readonly broker: EmbeddedKafka;
  readonly kafka: Kafka;
}

const cleanups: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** Runs `cleanup` after the test, last registered first. */
export function later(cleanup: () => Promise<unknown>): void {
  cleanups.push(cleanup);
}

/** Starts a broker for one test. What the broker itself gets wrong fails the test run. */
export async function startBroker(options: EmbeddedKafkaOptions = {}): Promise<Running> {
  const broker = await EmbeddedKafka.start({
    minSessionTimeoutMs: 100,
    onInternalError: error => {
      throw error;
    },
    ...options,
  });
  later(() => broker.stop());
  return { broker, kafka: clientOf(broker) };
}

/** A kafkajs client with short retries. Two members of one group need two of them. */
export function clientOf(broker: EmbeddedKafka): Kafka {
  return new kafkajs.Kafka({
    clientId: 'test',
    brokers: [broker.brokers],
    logLevel: kafkajs.logLevel.NOTHING,
    retry: { initialRetryTime: 20, maxRetryTime: 100, retries: 50 },
  });
}

export async function startProducer(kafka: Kafka, options: Parameters<Kafka['producer']>[0] = {}) {
  const producer = kafka.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner, ...options });
  await producer.connect();
  later(() => producer.disconnect());
  return producer;
}

export async function startAdmin(kafka: Kafka, options: Parameters<Kafka['admin']>[0] = {}) {
  const admin = kafka.admin(options);
  await admin.connect();
  later(() => admin.disconnect());
  return admin;
}

/** A group member that remembers what it was given. */
export interface Member {
  readonly consumer: Consumer;
  /** `partition@offset=value`, in order. */
  readonly received: string[];
  /** Partitions of the newest generation; empty before the first. */
  readonly assigned: () => readonly number[];
}

export interface MemberOptions {
  readonly sessionTimeout?: number;
  readonly maxBytesPerPartition?: number;
  /** Called with each batch after it was noted. */
  readonly onBatch?: (payload: EachBatchPayload) => Promise<void>;
}

export async function startMember(
  broker: EmbeddedKafka,
  topic: string,
  options: MemberOptions = {},
): Promise<Member> {
  const consumer = clientOf(broker).consumer({
    groupId: 'group',
    sessionTimeout: options.sessionTimeout ?? 10_000,
    rebalanceTimeout: 10_000,
    heartbeatInterval: 50,
    maxWaitTimeInMs: 50,
    maxBytesPerPartition: options.maxBytesPerPartition ?? 1_048_576,
  });
  const received: string[] = [];
  let assigned: readonly number[] = [];
  consumer.on(
    consumer.events.GROUP_JOIN,
    ({ payload }) => (assigned = payload.memberAssignment[topic] ?? []),
  );
  await consumer.connect();
  later(() => consumer.disconnect());
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  await consumer.run({
    eachBatch: async payload => {
      const { partition, messages } = payload.batch;
      for (const { offset, value } of messages) received.push(`${partition}@${offset}=${value?.toString()}`);
      await options.onBatch?.(payload);
    },
  });
  return { consumer, received, assigned: () => assigned };
}

/** Waits until `check` throws no longer. */
export function eventually(check: () => void): Promise<void> {
  return vi.waitFor(check, { timeout: 9_000, interval: 5 });
}
