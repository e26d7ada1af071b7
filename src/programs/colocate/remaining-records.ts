import type { AdminPort, KafkaDriver } from '../../kafka/driver.js';

export interface RemainingRecordsOptions {
  readonly topic: string;
  readonly groupId: string;
  readonly startFrom: 'earliest' | 'latest';
}

/** Asks how much of a topic the whole group has not copied yet. Connects when first needed. */
export class RemainingRecords {
  readonly #driver: Pick<KafkaDriver, 'admin'>;
  readonly #options: RemainingRecordsOptions;
  #admin: Promise<AdminPort> | undefined;

  constructor(driver: Pick<KafkaDriver, 'admin'>, options: RemainingRecordsOptions) {
    this.#driver = driver;
    this.#options = options;
  }

  /** @returns offsets between what is committed and the ends; undefined: no answer, e.g. as a transaction is not decided yet */
  async read(): Promise<bigint | undefined> {
    const { topic, groupId, startFrom } = this.#options;
    try {
      this.#admin ??= this.#driver.admin();
      const admin = await this.#admin;
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
    } catch {
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
