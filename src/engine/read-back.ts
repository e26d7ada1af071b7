import { setTimeout as delay } from 'node:timers/promises';
import type { ChunkPosition } from '../assembly/chunk-assembly.js';
import type { KafkaDriver, RawRecord } from '../kafka/driver.js';
import type { EngineLogLine } from './engine.js';
import { TroubleLog } from './trouble-log.js';

const firstBackoffMs = 250;
const maxBackoffMs = 5_000;

export interface ReadBackHandlers {
  /** Records of one partition; valid only while it runs. The same ones may come again. */
  onRecords(workId: number, partition: number, records: readonly RawRecord[]): void;
  /** All were read, but these, which are not on the topic any more. */
  onEnded(workId: number, missing: readonly ChunkPosition[]): void;
  onLog(line: EngineLogLine): void;
}

/** Reads chunks of files again that were set aside: one file after the other, and until it works. */
export class ReadBack {
  readonly #driver: Pick<KafkaDriver, 'readAt'>;
  readonly #topic: string;
  readonly #handlers: ReadBackHandlers;
  readonly #trouble: TroubleLog;
  readonly #closing = new AbortController();
  #last: Promise<void> = Promise.resolve();

  constructor(driver: Pick<KafkaDriver, 'readAt'>, topic: string, handlers: ReadBackHandlers) {
    this.#driver = driver;
    this.#topic = topic;
    this.#handlers = handlers;
    this.#trouble = new TroubleLog('reading the rest of files that were set aside', line =>
      handlers.onLog(line),
    );
  }

  read(workId: number, chunks: readonly ChunkPosition[]): void {
    this.#last = this.#last.then(() => this.#persist(workId, offsetsOf(chunks)));
  }

  close(): void {
    this.#closing.abort();
  }

  async #persist(workId: number, offsets: ReadonlyMap<number, readonly bigint[]>): Promise<void> {
    const { signal } = this.#closing;
    for (let failureCount = 0; !signal.aborted; failureCount += 1) {
      try {
        const missing = await this.#driver.readAt({
          topic: this.#topic,
          offsets,
          onRecords: (partition, records) => this.#handlers.onRecords(workId, partition, records),
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

function offsetsOf(chunks: readonly ChunkPosition[]): ReadonlyMap<number, readonly bigint[]> {
  const byPartition = new Map<number, bigint[]>();
  for (const { partition, offset } of [...chunks].sort((a, b) => Number(a.offset - b.offset))) {
    const same = byPartition.get(partition);
    if (same === undefined) byPartition.set(partition, [offset]);
    else if (same.at(-1) !== offset) same.push(offset);
  }
  return byPartition;
}

function positionsOf(offsets: ReadonlyMap<number, readonly bigint[]>): ChunkPosition[] {
  return [...offsets].flatMap(([partition, its]) => its.map(offset => ({ partition, offset })));
}
