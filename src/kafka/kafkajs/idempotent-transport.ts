import type { OutgoingRecord } from '../driver.js';
import { judgeKafkaError } from './judge-kafka-error.js';
import type { BatchTransport } from './partition-producer.js';
import type { ProducerClient } from './producer-client.js';
import { systemTime, type Time } from './time.js';

/**
 * While no broker at all can be reached kafkajs gives up after about 4 s, as it then connects anew, with the retries of that and not those of
 * sending (`sendRetry`). A single broker that has crashed is back after 15 to 20 s: its session of 9 s must end before it may register again.
 */
const holdMs = 30_000;
const backoffMs = 250;

/** Retries inside one `send` are de-duplicated by the broker. */
export class IdempotentTransport implements BatchTransport {
  readonly lanesPerPartition = 1;
  readonly #createClient: () => ProducerClient;
  readonly #time: Time;
  readonly #retiring = new Set<Promise<void>>();
  #client: ProducerClient | undefined;
  #isEnding = false;

  constructor(createClient: () => ProducerClient, time = systemTime) {
    this.#createClient = createClient;
    this.#time = time;
  }

  async send(topic: string, partition: number, records: readonly OutgoingRecord[]): Promise<void> {
    const client = (this.#client ??= this.#createClient());
    const endMs = this.#time.now() + holdMs;
    for (;;) {
      try {
        await client.send(topic, partition, records);
        return;
      } catch (error) {
        if (await this.#isToBeRepeated(client, error, endMs)) continue;
        // Whether the broker appended the batch is not known, so kafkajs's next sequence number for the partition may
        // be wrong: too low, and the next batch is taken for a repetition and lost. A new producer id starts afresh.
        // A refused batch was not appended for certain.
        if (judgeKafkaError(error).kind !== 'refused') this.#retire(client);
        throw error;
      }
    }
  }

  /**
   * The same batch, with the same producer id and sequence number: what the broker has of it already it knows again. A client that has
   * never connected has appended nothing, and that Kafka cannot be reached is to be told soon.
   */
  async #isToBeRepeated(client: ProducerClient, error: unknown, endMs: number): Promise<boolean> {
    if (judgeKafkaError(error).kind !== 'unreachable' || !client.hasConnected) return false;
    const isWanted = () => client === this.#client && !this.#isEnding;
    if (this.#time.now() >= endMs || !isWanted()) return false;
    await this.#time.sleep(backoffMs);
    return isWanted();
  }

  end(): void {
    this.#isEnding = true;
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
