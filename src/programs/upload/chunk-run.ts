import { hash } from 'node:crypto';
import type { OutgoingRecord } from '../../kafka/driver.js';
import { filePartition } from '../../wire/file-partition.js';
import { librdkafkaPartition } from '../../wire/librdkafka-partition.js';
import type { ByteGate } from './byte-gate.js';
import { chunkMessage, type ChunkMessage } from './chunk-messages.js';
import type { ChunkSource } from './chunk-source.js';
import { modifiedAtSeconds, type FileIdentity } from './file-identity.js';
import type { SourceFile, UploadOutcome, UploadRequest } from './upload-outcome.js';

export interface ChunkRunOptions {
  /** `by-file`: all chunks of a file on the partition of its path; `scattered`: each where librdkafka puts its key. */
  readonly layout: 'by-file' | 'scattered';
  /** Length of every chunk but the last of a file. */
  readonly chunkBytes: number;
  partitionCount(): Promise<number>;
  /** Resolves when all in-sync replicas have them. */
  send(partition: number, records: readonly OutgoingRecord[]): Promise<void>;
}

export interface FileToSend {
  readonly file: SourceFile;
  readonly identity: FileIdentity;
  readonly source: ChunkSource;
  readonly request: UploadRequest;
  /** Where each chunk has to find room; undefined: there is room for the whole file. */
  readonly memory: ByteGate | undefined;
}

/** Of one file: enough to keep a broker busy while the next chunks are read, with chunks of any size. */
const bytesInFlight = 2 * 1024 * 1024;
const fewestInFlight = 4;
const mostInFlight = 500;

/** Sends the chunks of one file, several on their way at a time. */
export class ChunkRun {
  readonly #options: ChunkRunOptions;
  readonly #sending: FileToSend;
  readonly #modifiedAtSeconds: number;
  readonly #inFlight = new Set<Promise<void>>();
  readonly #ackedAhead = new Set<number>();
  #ackedCount = 0;
  #partitionCount = 0;
  #failure: { readonly error: unknown } | undefined;

  constructor(options: ChunkRunOptions, sending: FileToSend) {
    this.#options = options;
    this.#sending = sending;
    this.#modifiedAtSeconds = modifiedAtSeconds(sending.identity);
  }

  /** @throws what `send` and `partitionCount` throw */
  async run(): Promise<UploadOutcome> {
    const { source, request, identity } = this.#sending;
    const { chunkCount } = source;
    const version = { fileHash: source.fileHash.toString('hex'), chunkCount };
    const presentCount = request.onHashed?.(version, identity) ?? 0;
    this.#ackedCount = presentCount;
    if (presentCount < chunkCount) this.#partitionCount = await this.#options.partitionCount();
    const end = await this.#sendFrom(presentCount + 1).finally(() => Promise.all(this.#inFlight));
    if (this.#failure !== undefined) throw this.#failure.error;
    return end === 'sent'
      ? { kind: 'sent', ...version, identity, sentCount: chunkCount - presentCount }
      : { kind: end };
  }

  async #sendFrom(first: number): Promise<'sent' | 'changed' | 'stopped'> {
    const limit = inFlightLimit(this.#options.chunkBytes);
    const { chunkCount } = this.#sending.source;
    for (let index = first; index <= chunkCount && this.#failure === undefined; index += 1) {
      const end = await this.#sendOne(index);
      if (end !== undefined) return end;
      if (this.#inFlight.size >= limit) await Promise.race(this.#inFlight);
    }
    return 'sent';
  }

  /** Reads a chunk and sets it on its way. @returns why there is nothing to send */
  async #sendOne(index: number): Promise<'changed' | 'stopped' | undefined> {
    const { source, request, memory } = this.#sending;
    const leave = (await memory?.enter(2 * this.#options.chunkBytes)) ?? (() => undefined);
    let isOnItsWay = false;
    try {
      if (request.signal.aborted) return 'stopped';
      const data = await source.read(index);
      if (data === undefined) return 'changed';
      this.#send(index, data, leave);
      isOnItsWay = true;
      return undefined;
    } finally {
      if (!isOnItsWay) leave();
    }
  }

  #send(index: number, data: Buffer, leave: () => void): void {
    const message = this.#messageOf(index, data);
    const sending = this.#options
      .send(this.#partitionOf(message), [message])
      .then(
        () => this.#acked(index, data.length),
        (error: unknown) => void (this.#failure ??= { error }),
      )
      .finally(() => {
        leave();
        this.#inFlight.delete(sending);
      });
    this.#inFlight.add(sending);
  }

  #messageOf(index: number, data: Buffer): ChunkMessage {
    const { file, source } = this.#sending;
    const { fileHash, chunkCount } = source;
    return chunkMessage({
      filename: file.target.filename,
      subdirectory: file.target.subdirectory,
      filenameAppend: '',
      fileHash,
      chunkHash: chunkCount === 1 ? fileHash : hash('sha512', data, 'buffer'),
      startByte: (index - 1) * this.#options.chunkBytes,
      index,
      count: chunkCount,
      data,
      modifiedAtSeconds: this.#modifiedAtSeconds,
    });
  }

  #partitionOf({ key }: ChunkMessage): number {
    return this.#options.layout === 'by-file'
      ? filePartition(this.#sending.file.target.path, this.#partitionCount)
      : librdkafkaPartition(key, this.#partitionCount);
  }

  #acked(index: number, byteCount: number): void {
    this.#ackedAhead.add(index);
    while (this.#ackedAhead.delete(this.#ackedCount + 1)) this.#ackedCount += 1;
    this.#sending.request.onAcked?.(this.#ackedCount, byteCount);
  }
}

function inFlightLimit(chunkBytes: number): number {
  return Math.min(Math.max(Math.ceil(bytesInFlight / chunkBytes), fewestInFlight), mostInFlight);
}
