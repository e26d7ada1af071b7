import kafkajs, { type CompressionTypes as CompressionType, type Message, type RetryOptions } from 'kafkajs';
import type { OutgoingRecord } from '../driver.js';
import type { KafkaClient } from './connection-config.js';
import { writeHeaders } from './record-headers.js';

const { CompressionTypes, Partitioners } = kafkajs;

/** Compressions of produced messages; the same words as in the configuration. */
export type ProducerCompression = 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd';

export const compressionTypes: Readonly<Record<ProducerCompression, CompressionType>> = {
  none: CompressionTypes.None,
  gzip: CompressionTypes.GZIP,
  snappy: CompressionTypes.Snappy,
  lz4: CompressionTypes.LZ4,
  zstd: CompressionTypes.ZSTD,
};

/**
 * About 17 s; after that the caller decides. Kafka gives a crashed broker's partitions to other ones after 9 s, its
 * broker.session.timeout.ms. Whoever gives up before that takes a new producer id, and the broker cannot know a batch again
 * that it has already: every result of it is there twice.
 */
const sendRetry: RetryOptions = {
  initialRetryTime: 100,
  maxRetryTime: 2_000,
  retries: 12,
  factor: 0.2,
  multiplier: 2,
};

/** One kafkajs producer, with its own producer id where it is idempotent, connected when first used. */
export class ProducerClient {
  readonly #client: KafkaClient;
  readonly #producer;
  readonly #compression: CompressionType;
  #connecting: Promise<void> | undefined;
  #hasConnected = false;
  #useCount = 0;
  #isRetired = false;
  #reportUnused: () => void = () => undefined;

  constructor(
    client: KafkaClient,
    compression: ProducerCompression,
    { idempotent }: { readonly idempotent: boolean },
  ) {
    this.#client = client;
    this.#compression = compressionTypes[compression];
    this.#producer = client.kafka.producer({
      idempotent,
      // An idempotent one has one produce request in flight per broker anyway; metadata requests may go beside it.
      maxInFlightRequests: idempotent ? 5 : 8,
      allowAutoTopicCreation: false,
      createPartitioner: Partitioners.DefaultPartitioner,
      retry: sendRetry,
    });
  }

  /** Whether it has been connected once. */
  get hasConnected(): boolean {
    return this.#hasConnected;
  }

  /** @throws whatever kafkajs throws */
  async send(topic: string, partition: number, records: readonly OutgoingRecord[]): Promise<void> {
    this.#useCount += 1;
    try {
      await this.#connect();
      this.#hasConnected = true;
      await this.#producer.send({
        topic,
        acks: -1,
        compression: this.#compression,
        messages: records.map(record => toMessage(record, partition)),
      });
    } finally {
      this.#useCount -= 1;
      if (this.#useCount === 0) this.#reportUnused();
    }
  }

  /** Disconnects once what is under way has ended. */
  async retire(): Promise<void> {
    if (this.#isRetired) return;
    this.#isRetired = true;
    if (this.#useCount > 0) await new Promise<void>(resolve => (this.#reportUnused = resolve));
    await this.#producer.disconnect().catch(() => undefined);
    this.#client.destroy();
  }

  #connect(): Promise<void> {
    // A connection that failed is tried again by the next call.
    this.#connecting ??= this.#producer.connect().catch((error: unknown) => {
      this.#connecting = undefined;
      throw error;
    });
    return this.#connecting;
  }
}

export function toMessage({ key, value, headers, timestampMs }: OutgoingRecord, partition: number): Message {
  const message: Message = { partition, key: toBuffer(key), value: toBuffer(value) };
  const written = writeHeaders(headers);
  if (written !== undefined) message.headers = written;
  if (timestampMs !== undefined) message.timestamp = String(Math.trunc(timestampMs));
  return message;
}

/** The same memory: kafkajs encodes before `send` resolves, and nobody changes it until then. */
function toBuffer(bytes: Uint8Array | null): Buffer | null {
  if (bytes === null || Buffer.isBuffer(bytes)) return bytes;
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
