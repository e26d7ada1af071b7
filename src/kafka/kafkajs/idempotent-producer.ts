import { BrokerError } from '../../errors.js';
import type { OutgoingRecord, ProducerPort } from '../driver.js';
import type { KafkaClientFactory } from './connection-config.js';
import { judgeKafkaError, toBrokerError } from './judge-kafka-error.js';
import { PartitionSender } from './partition-sender.js';
import { ProducerClient, type ProducerCompression } from './producer-client.js';
import { TopicPartitionCounts } from './topic-partition-counts.js';

/** Produces with all in-sync replicas acknowledging. Retries inside one `send` are de-duplicated by the broker. */
export class IdempotentProducer implements ProducerPort {
  readonly #brokers: readonly string[];
  readonly #createClient: () => ProducerClient;
  readonly #counts: TopicPartitionCounts;
  readonly #senders = new Map<string, PartitionSender>();
  readonly #retiring = new Set<Promise<void>>();
  #client: ProducerClient | undefined;
  #isClosed = false;

  constructor(driver: {
    brokers: readonly string[];
    createClient: KafkaClientFactory;
    compression: ProducerCompression;
  }) {
    this.#brokers = driver.brokers;
    this.#createClient = () => new ProducerClient(driver.createClient(), driver.compression);
    this.#counts = new TopicPartitionCounts(driver.createClient, driver.brokers);
  }

  async send(topic: string, partition: number, records: readonly OutgoingRecord[]): Promise<void> {
    if (this.#isClosed) throw new BrokerError('the producer is closed', { retriable: false });
    if (records.length === 0) return;
    try {
      await this.#senderOf(topic, partition).send(records);
    } catch (error) {
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
    await Promise.all([...this.#senders.values()].map(sender => sender.idle()));
    this.#retire(this.#client);
    await Promise.all(this.#retiring);
  }

  #senderOf(topic: string, partition: number): PartitionSender {
    const name = `${topic}/${partition}`;
    let sender = this.#senders.get(name);
    if (sender === undefined) {
      sender = new PartitionSender(records => this.#sendBatch(topic, partition, records));
      this.#senders.set(name, sender);
    }
    return sender;
  }

  async #sendBatch(topic: string, partition: number, records: readonly OutgoingRecord[]): Promise<void> {
    const client = (this.#client ??= this.#createClient());
    try {
      await client.send(topic, partition, records);
    } catch (error) {
      const { kind, type } = judgeKafkaError(error);
      if (type === 'UNKNOWN_TOPIC_OR_PARTITION') this.#counts.forget(topic);
      // Whether the broker appended the batch is not known, so kafkajs's next sequence number for the partition may
      // be wrong: too low, and the next batch is taken for a repetition and lost. A new producer id starts afresh.
      // A refused batch was not appended for certain.
      if (kind !== 'refused') this.#retire(client);
      throw error;
    }
  }

  #retire(client: ProducerClient | undefined): void {
    if (client === undefined) return;
    if (client === this.#client) this.#client = undefined;
    const retired = client.retire();
    this.#retiring.add(retired);
    void retired.finally(() => this.#retiring.delete(retired));
  }
}
