import type { Consumer } from 'kafkajs';
import { endOffsets, freshName, plainKafka, until, withAdmin } from './topics.js';

/** One message of the result topic. */
export interface ReadMessage {
  readonly partition: number;
  readonly offset: bigint;
  readonly key: string;
  readonly value: Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

/** Follows a topic from its beginning with a plain kafkajs consumer and keeps every message. */
export class TopicReader {
  readonly messages: ReadMessage[] = [];
  /** Files that have a result. A result may come again, so there may be fewer than messages. */
  readonly files = new Set<string>();
  readonly #consumer: Consumer;
  readonly #brokers: readonly string[];
  readonly #topic: string;
  readonly #next = new Map<number, bigint>();

  private constructor(brokers: readonly string[], topic: string) {
    this.#brokers = brokers;
    this.#topic = topic;
    this.#consumer = plainKafka(brokers).consumer({
      groupId: freshName('checker'),
      maxWaitTimeInMs: 50,
      // Short: after a crash of the broker the old membership has to run out first.
      sessionTimeout: 6000,
    });
  }

  static async open(brokers: readonly string[], topic: string): Promise<TopicReader> {
    const reader = new TopicReader(brokers, topic);
    await reader.#start();
    return reader;
  }

  async #start(): Promise<void> {
    await this.#consumer.connect();
    // A broker may not have heard of a topic yet that another one knows.
    const topic = { topics: [this.#topic], fromBeginning: true };
    await until(`metadata of ${this.#topic}`, 30_000, () =>
      this.#consumer.subscribe(topic).then(
        () => true,
        () => false,
      ),
    );
    await this.#consumer.run({
      autoCommit: false,
      eachBatch: ({ batch }) => {
        for (const message of batch.messages) this.#take(batch.partition, message);
        this.#passed(batch.partition, BigInt(batch.lastOffset()));
        return Promise.resolve();
      },
    });
    // The marks at the ends of transactions take offsets as well, and no batch is made of them alone.
    this.#consumer.on(this.#consumer.events.START_BATCH_PROCESS, ({ payload }) => {
      if (payload.batchSize === 0) this.#passed(payload.partition, BigInt(payload.lastOffset));
    });
  }

  #passed(partition: number, offset: bigint): void {
    if (offset >= (this.#next.get(partition) ?? 0n)) this.#next.set(partition, offset + 1n);
  }

  #take(
    partition: number,
    message: { offset: string; key: Buffer | null; value: Buffer | null; headers?: object },
  ) {
    const offset = BigInt(message.offset);
    // After a reconnect kafkajs may deliver again what it delivered before.
    if (offset < (this.#next.get(partition) ?? 0n)) return;
    this.#next.set(partition, offset + 1n);
    const texts = Object.entries(message.headers ?? {}).map(([name, value]) => [name, String(value)]);
    const headers = Object.fromEntries(texts) as Record<string, string>;
    if (headers['file-path'] !== undefined) this.files.add(headers['file-path']);
    this.messages.push({
      partition,
      offset,
      key: message.key?.toString() ?? '',
      value: Buffer.from(message.value ?? ''),
      headers,
    });
  }

  /** Resolves when all that is on the topic now has been read. */
  async catchUp(timeoutMs = 30_000): Promise<readonly ReadMessage[]> {
    const ends = await withAdmin(this.#brokers, admin => endOffsets(admin, this.#topic));
    await until(`end of ${this.#topic}`, timeoutMs, () =>
      [...ends].every(([partition, end]) => (this.#next.get(partition) ?? 0n) >= end),
    );
    return this.messages;
  }

  async close(): Promise<void> {
    await this.#consumer.disconnect();
  }
}
