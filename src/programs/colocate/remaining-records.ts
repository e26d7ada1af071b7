import type { AdminPort, KafkaDriver } from '../../kafka/driver.js';
import { OnDemandAdmin } from '../../kafka/on-demand-admin.js';

export interface RemainingRecordsOptions {
  readonly topic: string;
  readonly groupId: string;
  readonly startFrom: 'earliest' | 'latest';
}

/** Asks how much of a topic the whole group has not copied yet. */
export class RemainingRecords {
  readonly #admin: OnDemandAdmin;
  readonly #options: RemainingRecordsOptions;

  constructor(driver: Pick<KafkaDriver, 'admin'>, options: RemainingRecordsOptions) {
    this.#admin = new OnDemandAdmin(driver);
    this.#options = options;
  }

  /** @returns offsets between what is committed and the ends; undefined: no answer, e.g. as a transaction is not decided yet */
  read(): Promise<bigint | undefined> {
    return this.#admin.ask(admin => this.#count(admin));
  }

  close(): Promise<void> {
    return this.#admin.close();
  }

  async #count(admin: AdminPort): Promise<bigint | undefined> {
    const { topic, groupId, startFrom } = this.#options;
    // In this order: what is committed in between makes the rest look smaller only if it is.
    const described = await admin.describeTopic(topic);
    const committed = await admin.committedOffsets(groupId, topic);
    if (described === null) return undefined;
    const offsets = new Map(committed.map(({ partition, offset }) => [partition, offset]));
    let remaining = 0n;
    for (const { partition, logStartOffset, endOffset } of described.partitions) {
      const known = offsets.get(partition) ?? (startFrom === 'latest' ? endOffset : logStartOffset);
      const next = known < logStartOffset ? logStartOffset : known;
      if (next < endOffset) remaining += endOffset - next;
    }
    return remaining;
  }
}
