import type { OutgoingRecord } from '../driver.js';
import type { BatchTransport } from './partition-producer.js';
import type { ProducerClient } from './producer-client.js';

/**
 * Several requests at a time, where an idempotent producer of kafkajs has one for each broker and so waits for every answer. Records may
 * be appended twice, and in another order, when a request is retried: for chunks, of which readers drop the second.
 */
export class RepeatingTransport implements BatchTransport {
  readonly lanesPerPartition = 4;
  readonly #client: ProducerClient;

  /** @param client that is not idempotent */
  constructor(client: ProducerClient) {
    this.#client = client;
  }

  send(topic: string, partition: number, records: readonly OutgoingRecord[]): Promise<void> {
    return this.#client.send(topic, partition, records);
  }

  close(): Promise<void> {
    return this.#client.retire();
  }
}
