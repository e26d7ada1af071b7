import { setTimeout as delay } from 'node:timers/promises';
import { CompressionTypes, Partitioners, type Producer } from 'kafkajs';
import { scatteredPartition, type ChunkMessage, type SentFile } from './sent-file.js';
import { seededRandom, shuffle, wholeBetween } from './seeded-random.js';
import { plainKafka } from './topics.js';

/** A broker that is started again is back within so long. */
const outageMs = 90_000;

/** Where one message of the uploader ended up. */
export interface SentChunk {
  readonly path: string;
  readonly byteLength: number;
  readonly partition: number;
  readonly offset: bigint;
}

/** Uploads chunks and keeps a record of where each one lies. */
export class ChunkSender {
  readonly sent: SentChunk[] = [];
  readonly #producer: Producer;
  readonly #topic: string;
  readonly #partitionOf: (chunk: ChunkMessage) => number;

  private constructor(producer: Producer, topic: string, partitionOf: (chunk: ChunkMessage) => number) {
    this.#producer = producer;
    this.#topic = topic;
    this.#partitionOf = partitionOf;
  }

  /** @param layout `by-file`: all chunks of a file on one partition */
  static async open(
    brokers: readonly string[],
    topic: string,
    partitionCount: number,
    layout: 'scattered' | 'by-file' = 'scattered',
  ): Promise<ChunkSender> {
    const producer = plainKafka(brokers).producer({
      createPartitioner: Partitioners.DefaultPartitioner,
      allowAutoTopicCreation: false,
      // A chunk that comes twice because an answer was lost would be a second upload to a worker that starts afterwards.
      idempotent: true,
      maxInFlightRequests: 1,
    });
    await producer.connect();
    const placed = ({ key, path }: ChunkMessage): string => (layout === 'scattered' ? key : path);
    return new ChunkSender(producer, topic, chunk => scatteredPartition(placed(chunk), partitionCount));
  }

  /**
   * Resolves when all replicas have acknowledged. A request for each partition: kafkajs may leave some of them out of a
   * request for several when their leader moves, and says nothing. What goes to one partition is one batch.
   */
  async send(chunks: readonly ChunkMessage[], compression = CompressionTypes.None): Promise<void> {
    const byPartition = new Map<number, ChunkMessage[]>();
    for (const chunk of chunks) {
      const partition = this.#partitionOf(chunk);
      byPartition.set(partition, [...(byPartition.get(partition) ?? []), chunk]);
    }
    await Promise.all([...byPartition].map(entry => this.#sendTo(...entry, compression)));
  }

  async #sendTo(
    partition: number,
    chunks: readonly ChunkMessage[],
    compression: CompressionTypes,
  ): Promise<void> {
    const messages = chunks.map(({ key, value }) => ({ key, value, partition }));
    const [answer] = await this.#persist(() =>
      this.#producer.send({ topic: this.#topic, messages, compression }),
    );
    const first = BigInt(answer!.baseOffset!);
    for (const [at, { path, byteLength }] of chunks.entries())
      this.sent.push({ path, byteLength, partition, offset: first + BigInt(at) });
  }

  /**
   * Repeats while the broker is away. kafkajs gives a repeated batch the sequence numbers that it had, so the broker knows those
   * that it has taken.
   */
  async #persist<T>(send: () => Promise<T>): Promise<T> {
    const deadline = Date.now() + outageMs;
    for (;;) {
      try {
        return await send();
      } catch (error) {
        if (Date.now() > deadline) throw error;
      }
      await delay(500);
    }
  }

  /** A message that is no honest chunk. @returns its offset */
  async sendRaw(partition: number, key: string | null, value: Buffer | null): Promise<bigint> {
    const message = { key, value, partition };
    const [answer] = await this.#producer.send({ topic: this.#topic, messages: [message] });
    return BigInt(answer!.baseOffset!);
  }

  async close(): Promise<void> {
    await this.#producer.disconnect();
  }
}

/**
 * The chunks of `files` as several uploaders at once would send them: up to `openCount` files take turns at random,
 * and the chunks of each come in random order.
 */
export function interleave(files: readonly SentFile[], openCount: number, seed: number): ChunkMessage[] {
  const random = seededRandom(seed);
  const waiting = files.map(({ chunks }) => shuffle([...chunks], random));
  const open = waiting.splice(0, openCount);
  const order: ChunkMessage[] = [];
  while (open.length > 0) {
    const at = wholeBetween(random, 0, open.length - 1);
    order.push(open[at]!.pop()!);
    if (open[at]!.length > 0) continue;
    const following = waiting.shift();
    if (following === undefined) open.splice(at, 1);
    else open[at] = following;
  }
  return order;
}
