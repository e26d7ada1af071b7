import kafkajs, { type Admin } from 'kafkajs';
import type { BrokerNode } from './broker-properties.js';
import { freePort } from './free-port.js';
import { RealKafka, type RealKafkaOptions } from './real-kafka.js';

const size = 3;
/** Every record is on all brokers, and two of them must have it before it counts. */
const replicated = {
  'default.replication.factor': '3',
  'min.insync.replicas': '2',
  'offsets.topic.replication.factor': '3',
  'transaction.state.log.replication.factor': '3',
  'transaction.state.log.min.isr': '2',
  // A crash is noticed sooner than after the 9 s that are usual.
  'broker.session.timeout.ms': '4000',
  'broker.heartbeat.interval.ms': '500',
};

/** Three brokers of Apache Kafka, each also a controller, on 127.0.0.1. */
export class RealCluster {
  readonly brokers: readonly string[];
  readonly #nodes: ReadonlyMap<number, RealKafka>;

  private constructor(nodes: ReadonlyMap<number, RealKafka>) {
    this.#nodes = nodes;
    this.brokers = [...nodes.values()].flatMap(({ brokers }) => brokers);
  }

  /**
   * @param options settings are those of each broker
   * @throws {MissingToolError} Java or Maven is missing
   */
  static async start(options: RealKafkaOptions = {}): Promise<RealCluster> {
    const nodes = new Map<number, RealKafka>();
    const cluster = (): RealCluster => new RealCluster(nodes);
    try {
      for (const node of await describeNodes())
        nodes.set(node.id, RealKafka.prepare({ ...options, set: { ...replicated, ...options.set } }, node));
      // Together: one of them alone is no majority and would not answer.
      await Promise.all([...nodes.values()].map(node => node.resume()));
    } catch (error) {
      await cluster().stop();
      throw error;
    }
    return cluster();
  }

  /** @param id of a node, as `leaderOf` says it */
  node(id: number): RealKafka {
    const node = this.#nodes.get(id);
    if (node === undefined) throw new Error(`no broker ${id}`);
    return node;
  }

  /** @returns the id of the node that leads a partition now */
  async leaderOf(topic: string, partition: number): Promise<number> {
    const partitions = await this.#partitions(topic);
    return partitions.find(({ partitionId }) => partitionId === partition)!.leader;
  }

  /** Whether each of the topic's partitions is on all brokers again, as far as the leaders know. */
  async isInSync(topic: string): Promise<boolean> {
    return (await this.#partitions(topic)).every(({ isr }) => isr.length === size);
  }

  async #partitions(topic: string): Promise<{ partitionId: number; leader: number; isr: number[] }[]> {
    const kafka = new kafkajs.Kafka({
      clientId: 'real-cluster',
      brokers: [...this.brokers],
      logLevel: kafkajs.logLevel.NOTHING,
      retry: { retries: 10, initialRetryTime: 100, maxRetryTime: 1_000 },
    });
    const admin: Admin = kafka.admin();
    await admin.connect();
    try {
      return (await admin.fetchTopicMetadata({ topics: [topic] })).topics[0]!.partitions;
    } finally {
      await admin.disconnect();
    }
  }

  /** Stops all and deletes the data. */
  async stop(): Promise<void> {
    await Promise.all([...this.#nodes.values()].map(node => node.kill()));
    await Promise.all([...this.#nodes.values()].map(node => node.stop()));
  }
}

async function describeNodes(): Promise<BrokerNode[]> {
  const ids = Array.from({ length: size }, (_, at) => at + 1);
  const controllers = new Map<number, number>();
  for (const id of ids) controllers.set(id, await freePort());
  const nodes: BrokerNode[] = [];
  for (const id of ids) {
    const listeners = new Map([['PLAINTEXT', { protocol: 'PLAINTEXT' as const, port: await freePort() }]]);
    nodes.push({ id, listeners, controllers });
  }
  return nodes;
}
