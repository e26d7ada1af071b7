import { BrokerError } from '../../errors.js';
import type { CancellationToken, OutgoingRecord, ProducerPort } from '../driver.js';
import type { KafkaClientFactory } from './connection-config.js';
import { judgeKafkaError, toBrokerError } from './judge-kafka-error.js';
import { PartitionSender } from './partition-sender.js';
import { TopicPartitionCounts } from './topic-partition-counts.js';

/** How batches get to the brokers. */
export interface BatchTransport {
  /** Requests on their way to one partition at the same time; while they are, others are joined into the next ones. */
  readonly lanesPerPartition: number;
  /** @throws whatever kafkajs throws */
  send(topic: string, partition: number, records: readonly OutgoingRecord[]): Promise<void>;
  /** Nothing more will be sent: what cannot reach a broker now is not waited for. */
  end?(): void;
  /** Disconnects once what is under way has ended. */
  close(): Promise<void>;
}

interface Lanes {
  readonly senders: readonly PartitionSender[];
  next: number;
}

/** Takes records partition by partition, and joins what comes while a request is under way. All in-sync replicas acknowledge. */
export class PartitionProducer implements ProducerPort {
  readonly #brokers: readonly string[];
  readonly #transport: BatchTransport;
  readonly #counts: TopicPartitionCounts;
  readonly #lanes = new Map<string, Lanes>();
  #isClosed = false;

  constructor(
    transport: BatchTransport,
    driver: { readonly brokers: readonly string[]; readonly createClient: KafkaClientFactory },
  ) {
    this.#transport = transport;
    this.#brokers = driver.brokers;
    this.#counts = new TopicPartitionCounts(driver.createClient, driver.brokers);
  }

  async send(
    topic: string,
    partition: number,
    records: readonly OutgoingRecord[],
    token?: CancellationToken,
  ): Promise<void> {
    if (this.#isClosed) throw new BrokerError('the producer is closed', { retriable: false });
    if (records.length === 0) return;
    try {
      await this.#nextSender(topic, partition).send(records, token);
    } catch (error) {
      if (judgeKafkaError(error).type === 'UNKNOWN_TOPIC_OR_PARTITION') this.#counts.forget(topic);
      throw toBrokerError(`cannot send to partition ${partition} of topic ${topic}`, error, {
        brokers: this.#brokers,
      });
    }
  }

  partitionCount(topic: string): Promise<number> {
    return this.#counts.of(topic);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#transport.end?.();
    const senders = [...this.#lanes.values()].flatMap(lanes => lanes.senders);
    await Promise.all(senders.map(sender => sender.idle()));
    await this.#transport.close();
  }

  #nextSender(topic: string, partition: number): PartitionSender {
    const { lanesPerPartition } = this.#transport;
    const name = `${topic}/${partition}`;
    const lanes = this.#lanes.get(name) ?? this.#openLanes(topic, partition);
    this.#lanes.set(name, lanes);
    lanes.next = (lanes.next + 1) % lanesPerPartition;
    return lanes.senders[lanes.next]!;
  }

  #openLanes(topic: string, partition: number): Lanes {
    const open = (): PartitionSender =>
      new PartitionSender(records => this.#transport.send(topic, partition, records));
    return { senders: Array.from({ length: this.#transport.lanesPerPartition }, open), next: 0 };
  }
}
