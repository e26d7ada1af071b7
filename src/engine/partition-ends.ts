import type { KafkaDriver } from '../kafka/driver.js';
import { OnDemandAdmin } from '../kafka/on-demand-admin.js';

/** Asks where the partitions of a topic end. */
export class PartitionEnds {
  readonly #admin: OnDemandAdmin;
  readonly #topic: string;

  constructor(driver: Pick<KafkaDriver, 'admin'>, topic: string) {
    this.#admin = new OnDemandAdmin(driver);
    this.#topic = topic;
  }

  /** @returns the next offset to be written by partition, without the partitions that hold no record; undefined: no answer */
  async read(): Promise<ReadonlyMap<number, bigint> | undefined> {
    const topic = await this.#admin.ask(admin => admin.describeTopic(this.#topic));
    const withRecords = topic?.partitions.filter(
      ({ logStartOffset, endOffset }) => logStartOffset < endOffset,
    );
    return withRecords && new Map(withRecords.map(({ partition, endOffset }) => [partition, endOffset]));
  }

  close(): Promise<void> {
    return this.#admin.close();
  }
}
