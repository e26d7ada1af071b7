import type { KafkaDriver } from '../kafka/driver.js';
import { OnDemandAdmin } from '../kafka/on-demand-admin.js';

/** Where a topic begins and ends. */
export interface TopicBounds {
  /** Next offset to be written by partition, without the partitions that hold no record. */
  readonly endOffsets: ReadonlyMap<number, bigint>;
  /** First offset that is still there, by partition. */
  readonly startOffsets: ReadonlyMap<number, bigint>;
}

/** Asks where the partitions of a topic begin and end. */
export class PartitionEnds {
  readonly #admin: OnDemandAdmin;
  readonly #topic: string;

  constructor(driver: Pick<KafkaDriver, 'admin'>, topic: string) {
    this.#admin = new OnDemandAdmin(driver);
    this.#topic = topic;
  }

  /** @returns undefined: no answer */
  async read(): Promise<TopicBounds | undefined> {
    const topic = await this.#admin.ask(admin => admin.describeTopic(this.#topic));
    if (topic === undefined || topic === null) return undefined;
    const withRecords = topic.partitions.filter(
      ({ logStartOffset, endOffset }) => logStartOffset < endOffset,
    );
    return {
      endOffsets: new Map(withRecords.map(({ partition, endOffset }) => [partition, endOffset])),
      startOffsets: new Map(
        topic.partitions.map(({ partition, logStartOffset }) => [partition, logStartOffset]),
      ),
    };
  }

  close(): Promise<void> {
    return this.#admin.close();
  }
}
