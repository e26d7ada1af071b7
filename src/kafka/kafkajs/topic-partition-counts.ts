import { BrokerError } from '../../errors.js';
import type { KafkaClientFactory } from './connection-config.js';
import { ClusterAdmin } from './cluster-admin.js';

const maxAgeMs = 300_000;

interface HeldCount {
  readonly count: Promise<number>;
  readonly expiresAt: number;
}

/** Looks up how many partitions topics have, and remembers it for five minutes: a topic can grow. */
export class TopicPartitionCounts {
  readonly #createClient: KafkaClientFactory;
  readonly #brokers: readonly string[];
  readonly #held = new Map<string, HeldCount>();

  constructor(createClient: KafkaClientFactory, brokers: readonly string[]) {
    this.#createClient = createClient;
    this.#brokers = brokers;
  }

  /** @throws {BrokerError} retriable, also for a missing topic: somebody may create it */
  of(topic: string): Promise<number> {
    const held = this.#held.get(topic);
    if (held !== undefined && Date.now() < held.expiresAt) return held.count;
    const count = this.#lookUp(topic);
    const entry = { count, expiresAt: Date.now() + maxAgeMs };
    this.#held.set(topic, entry);
    count.catch(() => {
      if (this.#held.get(topic) === entry) this.#held.delete(topic);
    });
    return count;
  }

  forget(topic: string): void {
    this.#held.delete(topic);
  }

  async #lookUp(topic: string): Promise<number> {
    const admin = await ClusterAdmin.connect(this.#createClient(), this.#brokers);
    try {
      const count = await admin.partitionCount(topic);
      if (count !== null) return count;
      throw new BrokerError(`topic ${topic} does not exist, or this user may not see it`, {
        retriable: true,
      });
    } finally {
      await admin.close();
    }
  }
}
