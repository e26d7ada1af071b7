import { setTimeout as delay } from 'node:timers/promises';
import type { ChunkPosition } from '../assembly/held-chunk.js';
import type { KafkaDriver, RawRecord } from '../kafka/driver.js';
import type { EngineLogLine } from './engine.js';
import { offsetsByPartition } from './offsets-by-partition.js';
import { TroubleLog } from './trouble-log.js';

const firstBackoffMs = 250;
const maxBackoffMs = 5_000;

export interface ReadBackHandlers {
  /** Records of one partition; valid only while it runs. The same ones may come again. */
  onRecords(workId: number, partition: number, records: readonly RawRecord[]): void;
  /** All were read, but these, which are not on the topic any more. */
  onEnded(workId: number, missing: readonly ChunkPosition[]): void;
  onLog(line: EngineLogLine): void;
  /** Whether more may be held in memory. */
  hasRoom(): boolean;
}

/**
 * Reads chunks of files again that were set aside, or whose bytes were dropped: one file after the other, and until it works. It waits
 * while there is no room in memory: a disk that is slower than Kafka must not fill it.
 */
export class ReadBack {
  readonly #driver: Pick<KafkaDriver, 'readAt'>;
  readonly #topic: string;
  readonly #handlers: ReadBackHandlers;
  readonly #trouble: TroubleLog;
  readonly #closing = new AbortController();
  #last: Promise<void> = Promise.resolve();
  #goOn: () => void = () => undefined;

  constructor(driver: Pick<KafkaDriver, 'readAt'>, topic: string, handlers: ReadBackHandlers) {
    this.#driver = driver;
    this.#topic = topic;
    this.#handlers = handlers;
    this.#trouble = new TroubleLog('reading the rest of files that were set aside', line =>
      handlers.onLog(line),
    );
  }

  read(workId: number, chunks: readonly ChunkPosition[]): void {
    this.#last = this.#last.then(() => this.#persist(workId, offsetsByPartition(chunks)));
  }

  /** There may be room again. */
  goOn(): void {
    this.#goOn();
  }

  close(): void {
    this.#closing.abort();
    this.#goOn();
  }

  async #untilRoom(): Promise<void> {
    while (!this.#closing.signal.aborted && !this.#handlers.hasRoom())
      await new Promise<void>(resolve => (this.#goOn = resolve));
  }

  async #persist(workId: number, offsets: ReadonlyMap<number, readonly bigint[]>): Promise<void> {
    const { signal } = this.#closing;
    for (let failureCount = 0; !signal.aborted; failureCount += 1) {
      try {
        const missing = await this.#driver.readAt({
          topic: this.#topic,
          offsets,
          onRecords: (partition, records) => this.#handlers.onRecords(workId, partition, records),
          untilRoom: () => this.#untilRoom(),
          signal,
        });
        this.#trouble.end(performance.now());
        this.#handlers.onEnded(workId, positionsOf(missing));
        return;
      } catch (error) {
        this.#trouble.begin(error instanceof Error ? error : new Error(String(error)), performance.now());
        const backoffMs = Math.min(firstBackoffMs * 2 ** failureCount, maxBackoffMs);
        await delay(backoffMs, undefined, { signal }).catch(() => undefined);
      }
    }
  }
}

function positionsOf(offsets: ReadonlyMap<number, readonly bigint[]>): ChunkPosition[] {
  return [...offsets].flatMap(([partition, its]) => its.map(offset => ({ partition, offset })));
}
