import kafkajs, { type Kafka, type Producer } from 'kafkajs';
import { uniqueName } from '../kafka-driver/brokers.js';
import { waitUntil } from '../kafka-driver/wait-until.js';

const retry = { initialRetryTime: 20, maxRetryTime: 200, retries: 60 };

/** What a test needs of kafkajs to run transactions on any broker; `close` ends all of it. */
export class TransactionalClients {
  readonly kafka: Kafka;
  private readonly cleanups: (() => Promise<void>)[] = [];

  constructor(brokers: readonly string[]) {
    this.kafka = new kafkajs.Kafka({
      clientId: 'transactions',
      brokers: [...brokers],
      logLevel: kafkajs.logLevel.NOTHING,
      retry,
    });
  }

  async topic(partitionCount = 1): Promise<string> {
    const topic = uniqueName('topic');
    const admin = this.kafka.admin();
    await admin.connect();
    await admin.createTopics({ topics: [{ topic, numPartitions: partitionCount }] });
    await admin.disconnect();
    return topic;
  }

  /** A producer that is not initialised before its first transaction. */
  async producer(transactionalId: string, transactionTimeout = 30_000): Promise<Producer> {
    return this.connect({ transactionalId, transactionTimeout, maxInFlightRequests: 1, idempotent: true });
  }

  async plainProducer(): Promise<Producer> {
    return this.connect({});
  }

  /** Values of partition 0 up to the first one that is `last`, as a reader of this isolation level sees them. */
  async valuesUpTo(topic: string, last: string, isReadCommitted: boolean): Promise<string[]> {
    const values: string[] = [];
    const consumer = this.kafka.consumer({
      groupId: uniqueName('reader'),
      readUncommitted: !isReadCommitted,
      maxWaitTimeInMs: 100,
    });
    this.cleanups.push(() => consumer.disconnect());
    await consumer.connect();
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    await consumer.run({
      eachMessage: ({ message }) => {
        values.push(message.value!.toString());
        return Promise.resolve();
      },
    });
    await waitUntil(
      () => values.includes(last),
      () => `${last} among ${values.join()}`,
    );
    await consumer.disconnect();
    return values;
  }

  /** Lets the first member of a group join; its generation is 1. @returns its id */
  async joinedMember(groupId: string, topic: string): Promise<string> {
    const consumer = this.kafka.consumer({ groupId, sessionTimeout: 10_000, maxWaitTimeInMs: 100 });
    this.cleanups.push(() => consumer.disconnect());
    let memberId = '';
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => (memberId = payload.memberId));
    await consumer.connect();
    await consumer.subscribe({ topics: [topic] });
    await consumer.run({ autoCommit: false, eachMessage: () => Promise.resolve() });
    await waitUntil(() => memberId !== '');
    return memberId;
  }

  /** A new Apache Kafka makes the topic of its group coordinator when it is asked for, and loads it for a while. */
  async groupsAreServed(topic: string): Promise<void> {
    const ask = () => this.committed(uniqueName('group'), topic);
    await waitUntil(() =>
      ask().then(
        () => true,
        () => false,
      ),
    );
  }

  /** `partition:offset/metadata` of each committed offset. */
  async committed(groupId: string, topic: string): Promise<string[]> {
    const admin = this.kafka.admin();
    await admin.connect();
    const [found] = await admin.fetchOffsets({ groupId, topics: [topic] }).finally(() => admin.disconnect());
    return found!.partitions
      .map(({ partition, offset, metadata }) => `${partition}:${offset}/${metadata}`)
      .sort();
  }

  async close(): Promise<void> {
    for (const cleanup of this.cleanups.splice(0)) await cleanup();
  }

  private async connect(options: Parameters<Kafka['producer']>[0]): Promise<Producer> {
    const createPartitioner = kafkajs.Partitioners.DefaultPartitioner;
    const producer = this.kafka.producer({ createPartitioner, retry, ...options });
    this.cleanups.push(() => producer.disconnect());
    await producer.connect();
    return producer;
  }
}
