import type { AdminPort, KafkaDriver } from '../kafka/driver.js';

/** Asks where the partitions of a topic end. Connects when first needed. */
export class PartitionEnds {
  readonly #driver: KafkaDriver;
  readonly #topic: string;
  #admin: Promise<AdminPort> | undefined;

  constructor(driver: KafkaDriver, topic: string) {
    this.#driver = driver;
    this.#topic = topic;
  }

  /** @returns the next offset to be written by partition, without the partitions that hold no record; undefined: no answer */
  async read(): Promise<ReadonlyMap<number, bigint> | undefined> {
    try {
      this.#admin ??= this.#driver.admin();
      const topic = await (await this.#admin).describeTopic(this.#topic);
      if (topic === null) return undefined;
      const withRecords = topic.partitions.filter(
        ({ logStartOffset, endOffset }) => logStartOffset < endOffset,
      );
      return new Map(withRecords.map(({ partition, endOffset }) => [partition, endOffset]));
    } catch {
      // The consumer tells people that the broker is away; the next question tries a new connection.
      await this.close();
      return undefined;
    }
  }

  async close(): Promise<void> {
    const admin = this.#admin;
    this.#admin = undefined;
    await admin?.then(port => port.close()).catch(() => undefined);
  }
}
