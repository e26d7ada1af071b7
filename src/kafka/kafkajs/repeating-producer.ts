import { BrokerError } from '../../errors.js';
import type { OutgoingRecord, ProducerPort } from '../driver.js';
import type { KafkaClientFactory } from './connection-config.js';
import { judgeKafkaError, toBrokerError } from './judge-kafka-error.js';
import { PartitionSender } from './partition-sender.js';
import { ProducerClient, type ProducerCompression } from './producer-client.js';
import { TopicPartitionCounts } from './topic-partition-counts.js';

/** Requests on their way to one partition; while they are, others are joined into the next ones. */
const lanesPerPartition = 4;

/**
 * Produces with all in-sync replicas acknowledging, several requests at a time, where an idempotent producer of kafkajs has one for
 * each broker and so waits for every answer. Records may be appended twice, and in another order, when a request is retried:
 * for chunks, of which readers drop the second.
 */
export class RepeatingProducer implements ProducerPort {
  readonly #brokers: readonly string[];
  readonly #client: ProducerClient;
  readonly #counts: TopicPartitionCounts;
  readonly #lanes = new Map<string, { readonly senders: readonly PartitionSender[]; next: number }>();
  #isClosed = false;

  constructor(driver: {
    brokers: readonly string[];
    createClient: KafkaClientFactory;
    compression: ProducerCompression;
  }) {
    this.#brokers = driver.brokers;
    this.#client = new ProducerClient(driver.createClient(), driver.compression, { idempotent: false });
    this.#counts = new TopicPartitionCounts(driver.createClient, driver.brokers);
  }

  async send(topic: string, partition: number, records: readonly OutgoingRecord[]): Promise<void> {
    if (this.#isClosed) throw new BrokerError('the producer is closed', { retriable: false });
    if (records.length === 0) return;
    try {
      await this.#laneOf(topic, partition).send(records);
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
    const all = [...this.#lanes.values()].flatMap(({ senders }) => senders);
    await Promise.all(all.map(sender => sender.idle()));
    await this.#client.retire();
  }

  #laneOf(topic: string, partition: number): PartitionSender {
    const name = `${topic}/${partition}`;
    let lanes = this.#lanes.get(name);
    if (lanes === undefined) {
      const senders = Array.from(
        { length: lanesPerPartition },
        () => new PartitionSender(records => this.#client.send(topic, partition, records)),
      );
      lanes = { senders, next: 0 };
      this.#lanes.set(name, lanes);
    }
    lanes.next = (lanes.next + 1) % lanesPerPartition;
    return lanes.senders[lanes.next]!;
  }
}
