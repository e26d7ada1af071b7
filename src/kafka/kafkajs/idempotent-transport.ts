import type { OutgoingRecord } from '../driver.js';
import { judgeKafkaError } from './judge-kafka-error.js';
import type { BatchTransport } from './partition-producer.js';
import type { ProducerClient } from './producer-client.js';

/** Retries inside one `send` are de-duplicated by the broker. */
export class IdempotentTransport implements BatchTransport {
  readonly lanesPerPartition = 1;
  readonly #createClient: () => ProducerClient;
  readonly #retiring = new Set<Promise<void>>();
  #client: ProducerClient | undefined;

  constructor(createClient: () => ProducerClient) {
    this.#createClient = createClient;
  }

  async send(topic: string, partition: number, records: readonly OutgoingRecord[]): Promise<void> {
    const client = (this.#client ??= this.#createClient());
    try {
      await client.send(topic, partition, records);
    } catch (error) {
      // Whether the broker appended the batch is not known, so kafkajs's next sequence number for the partition may
      // be wrong: too low, and the next batch is taken for a repetition and lost. A new producer id starts afresh.
      // A refused batch was not appended for certain.
      if (judgeKafkaError(error).kind !== 'refused') this.#retire(client);
      throw error;
    }
  }

  async close(): Promise<void> {
    this.#retire(this.#client);
    await Promise.all(this.#retiring);
  }

  #retire(client: ProducerClient | undefined): void {
    if (client === undefined) return;
    if (client === this.#client) this.#client = undefined;
    const retired = client.retire();
    this.#retiring.add(retired);
    void retired.finally(() => this.#retiring.delete(retired));
  }
}
