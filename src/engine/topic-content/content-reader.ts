import { setTimeout as delay } from 'node:timers/promises';
import type { ChunkPosition, HeldChunk } from '../../assembly/held-chunk.js';
import type { TopicContent } from '../../assembly/topic-content.js';
import { InputError } from '../../errors.js';
import type { KafkaDriver, RawRecord, RecordReader, WantedRecord } from '../../kafka/driver.js';
import { decodeChunk } from '../../wire/decode-chunk.js';
import type { FileChunk } from '../../wire/file-chunk.js';
import { safeFilePath } from '../../wire/safe-file-path.js';
import { versionId } from '../../wire/version-id.js';
import type { EngineLogLine } from '../engine.js';
import { TroubleLog } from '../trouble-log.js';
import type { ChunksAhead } from './chunks-ahead.js';
import type { ContentWindow } from './content-windows.js';

const firstBackoffMs = 250;
const maxBackoffMs = 5_000;

/** The bytes of some chunks that follow each other, in memory of their own; or which of them are not on the topic any more. */
export type ReadWindow =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly kind: 'gone'; readonly missing: readonly ChunkPosition[] };

/**
 * Reads chunks of contents that lie on the topic, some at a time, for whoever needs them: one window after the other, and until it works.
 * Its connections are kept for the next window.
 */
export class ContentReader {
  readonly #driver: Pick<KafkaDriver, 'recordReader'>;
  readonly #topic: string;
  readonly #trouble: TroubleLog;
  readonly #closing = new AbortController();
  #reader: RecordReader | undefined;
  #last: Promise<unknown> = Promise.resolve();

  constructor(
    driver: Pick<KafkaDriver, 'recordReader'>,
    topic: string,
    onLog: (line: EngineLogLine) => void,
  ) {
    this.#driver = driver;
    this.#topic = topic;
    this.#trouble = new TroubleLog('reading files from the topic that are larger than the budgets', onLog);
  }

  /**
   * @param window of the content, one after the other
   * @param kept of this reading: what came before its turn is taken from there, and put there
   * @throws the reason of the signal, or that the worker ends
   */
  read(
    content: TopicContent,
    window: ContentWindow,
    kept: ChunksAhead,
    signal: AbortSignal,
  ): Promise<ReadWindow> {
    const read = this.#last.then(() => this.#persist(content, window, kept, signal));
    this.#last = read.catch(() => undefined);
    return read;
  }

  async close(): Promise<void> {
    this.#closing.abort(new Error('the worker ends'));
    await this.#reader?.close();
  }

  async #persist(
    content: TopicContent,
    window: ContentWindow,
    kept: ChunksAhead,
    signal: AbortSignal,
  ): Promise<ReadWindow> {
    const either = AbortSignal.any([signal, this.#closing.signal]);
    for (let failureCount = 0; ; failureCount += 1) {
      either.throwIfAborted();
      try {
        const read = await this.#readOnce(content, window, kept);
        this.#trouble.end(performance.now());
        return read;
      } catch (error) {
        either.throwIfAborted();
        this.#trouble.begin(error instanceof Error ? error : new Error(String(error)), performance.now());
        const backoffMs = Math.min(firstBackoffMs * 2 ** failureCount, maxBackoffMs);
        await delay(backoffMs, undefined, { signal: either }).catch(() => undefined);
      }
    }
  }

  async #readOnce(content: TopicContent, window: ContentWindow, kept: ChunksAhead): Promise<ReadWindow> {
    this.#reader ??= this.#driver.recordReader(this.#topic);
    const filled = new WindowBytes(content, window, kept);
    if (filled.missing.length > 0)
      await this.#reader.read({
        records: recordsOf(filled.missing),
        onRecords: (partition, records) => {
          for (const record of records) filled.take(partition, record);
        },
      });
    const { missing, bytes } = filled;
    return missing.length > 0 ? { kind: 'gone', missing } : { kind: 'bytes', bytes };
  }
}

/** The chunks of a window at their places. */
class WindowBytes {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly #content: TopicContent;
  readonly #kept: ChunksAhead;
  readonly #startByte: number;
  readonly #wanted = new Map<string, HeldChunk>();
  readonly #ahead: ReadonlyMap<string, HeldChunk>;

  constructor(content: TopicContent, { chunks, ahead }: ContentWindow, kept: ChunksAhead) {
    const byteLength = chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0);
    // Not from the pool: the memory is transferred to another thread as a whole.
    this.bytes = new Uint8Array(Buffer.allocUnsafeSlow(byteLength).buffer);
    this.#content = content;
    this.#kept = kept;
    this.#startByte = chunks[0]!.startByte;
    this.#ahead = new Map(ahead.map(chunk => [placeOf(chunk.partition, chunk.offset), chunk]));
    for (const chunk of chunks) {
      const data = kept.take(chunk);
      if (data === undefined) this.#wanted.set(placeOf(chunk.partition, chunk.offset), chunk);
      else this.#put(chunk, data);
    }
  }

  /** Those that did not come, or another record in their stead, as on a topic that was made anew. */
  get missing(): HeldChunk[] {
    return [...this.#wanted.values()];
  }

  take(partition: number, { offset, value }: RawRecord): void {
    const place = placeOf(partition, offset);
    const held = this.#wanted.get(place) ?? this.#ahead.get(place);
    const chunk = held && chunkOf(this.#content, value);
    if (held === undefined || chunk === undefined || !isTheSame(held, chunk)) return;
    if (this.#wanted.delete(place)) this.#put(held, chunk.data);
    else this.#kept.keep(held, chunk.data);
  }

  #put({ startByte }: HeldChunk, data: Uint8Array): void {
    this.bytes.set(data, startByte - this.#startByte);
  }
}

function placeOf(partition: number, offset: bigint): string {
  return `${partition}/${offset}`;
}

/** @returns undefined: it is none of the file */
function chunkOf({ versionId: id }: TopicContent, value: Uint8Array | null): FileChunk | undefined {
  try {
    const chunk = decodeChunk(value);
    const { path } = safeFilePath(chunk.subdirectory, chunk.filename, chunk.filenameAppend);
    return versionId(path, chunk.fileHash, chunk.count) === id ? chunk : undefined;
  } catch (error) {
    if (error instanceof InputError) return undefined;
    throw error;
  }
}

function isTheSame(wanted: HeldChunk, { index, startByte, data }: FileChunk): boolean {
  return wanted.index === index && wanted.startByte === startByte && wanted.byteLength === data.length;
}

function recordsOf(window: readonly HeldChunk[]): ReadonlyMap<number, readonly WantedRecord[]> {
  const byPartition = new Map<number, WantedRecord[]>();
  for (const { partition, offset, byteLength } of window) {
    const records = byPartition.get(partition) ?? [];
    byPartition.set(partition, records);
    records.push({ offset, byteLength });
  }
  for (const records of byPartition.values()) records.sort((a, b) => (a.offset < b.offset ? -1 : 1));
  return byPartition;
}
