import { setTimeout as delay } from 'node:timers/promises';
import { IdleWatch } from '../../engine/idle-watch.js';
import { TroubleLog } from '../../engine/trouble-log.js';
import { asError, BrokerError } from '../../errors.js';
import type {
  Assignment,
  CommittedOffset,
  ConsumerHandlers,
  ConsumerOptions,
  ConsumerPort,
  KafkaDriver,
  RawRecord,
} from '../../kafka/driver.js';
import type { LogLine } from '../../logger.js';
import { checkCommitted } from './check-committed.js';
import { CopyQueue, type CopyTarget, type Portion } from './copy-queue.js';
import { RemainingRecords } from './remaining-records.js';

const tickMs = 100;
const firstBackoffMs = 100;
const maxBackoffMs = 2_000;
const leaveMs = 5_000;
/** Far below what a broker takes within the time-out of a transaction. */
const maxPortionBytes = 8 * 1024 * 1024;

export interface TopicCopierOptions {
  readonly consumer: ConsumerOptions;
  readonly target: CopyTarget;
  /** Stands in the metadata of each offset that is committed. */
  readonly metadata: string;
  /** Bytes of records that may wait; reading pauses beyond. */
  readonly memoryBudgetBytes: number;
  /** End once the whole topic was copied and nothing came for so long. */
  readonly untilIdleMs?: number;
  readonly log: (line: LogLine) => void;
}

/** Only what is committed counts. */
export interface CopyCounts {
  chunks: number;
  others: number;
  bytes: number;
  /** Records that retention removed before they were read. */
  lost: number;
}

export type CopyEnd =
  { readonly kind: 'stopped' | 'idle' } | { readonly kind: 'failed'; readonly error: Error };

/**
 * Copies one topic to another as a member of a consumer group, each record once: the copies and the offset that the source
 * is read up to are one transaction.
 *
 * With a new generation of the group everything that was read is dropped, also of partitions that stay, and reading starts from
 * what is committed. A transaction of the old generation is decided by then or never will be, as the broker refuses its offsets
 * and holds the answer back while they are undecided; so whatever became of it, the copy goes on right after it.
 */
export class TopicCopier implements ConsumerHandlers {
  readonly counts: CopyCounts = { chunks: 0, others: 0, bytes: 0, lost: 0 };
  readonly ended: Promise<CopyEnd>;
  readonly #options: TopicCopierOptions;
  readonly #consumer: ConsumerPort;
  readonly #queue: CopyQueue;
  readonly #remaining: RemainingRecords;
  readonly #idle: IdleWatch;
  readonly #reading: TroubleLog;
  readonly #committing: TroubleLog;
  readonly #stopping = new AbortController();
  readonly #ticker: NodeJS.Timeout;
  #resolveEnded!: (end: CopyEnd) => void;
  #epoch = 0;
  #partitions: readonly number[] = [];
  /** The generation is over, the next one not there yet. */
  #isStale = false;
  #isPaused = false;
  #transaction: Promise<void> | undefined;
  #transactionBytes = 0;

  constructor(driver: KafkaDriver, options: TopicCopierOptions) {
    this.#options = options;
    this.ended = new Promise(resolve => (this.#resolveEnded = resolve));
    this.#queue = new CopyQueue(options.target, options.metadata);
    this.#remaining = new RemainingRecords(driver, options.consumer);
    this.#idle = new IdleWatch(options.untilIdleMs);
    this.#reading = new TroubleLog('reading', options.log);
    this.#committing = new TroubleLog('copying', options.log);
    this.#consumer = driver.consumer(options.consumer, this);
    this.#ticker = setInterval(() => void this.#tick(), tickMs);
    this.#consumer.start().catch((error: unknown) => this.#fail(asError(error)));
  }

  /** Partitions that this process copies now. */
  get partitionCount(): number {
    return this.#partitions.length;
  }

  /** Ends the transaction that is under way, if it ends soon, and leaves the group. */
  stop(): void {
    void this.#end({ kind: 'stopped' });
  }

  onAssigned({ epoch, kept, added }: Assignment): void {
    this.#reading.end(performance.now());
    this.#touch();
    this.#epoch = epoch;
    this.#partitions = [...kept, ...added];
    this.#isStale = false;
    this.#queue.clear();
    this.#steer();
  }

  /** From what is committed, also where the partition stays. */
  positionOf(): null {
    return null;
  }

  onCommittedOffset(epoch: number, committed: CommittedOffset): void {
    if (epoch !== this.#epoch) return;
    const { consumer, metadata } = this.#options;
    try {
      checkCommitted({ ...consumer, metadata }, committed);
    } catch (error) {
      this.#fail(asError(error));
      return;
    }
    const { partition, offset, startOffset = null } = committed;
    if (this.#queue.has(partition)) return;
    this.#queue.begin(partition, offset, startOffset);
    if (startOffset !== null) this.#pump();
  }

  onRecords(epoch: number, partition: number, records: readonly RawRecord[], nextOffset: bigint): void {
    if (epoch !== this.#epoch || this.#isStopping()) return;
    this.#touch();
    this.#queue.push(partition, records, nextOffset);
    this.#steer();
    this.#pump();
  }

  onPositionReset(epoch: number, partition: number, expected: bigint, found: bigint): void {
    if (epoch !== this.#epoch) return;
    const { topic } = this.#options.consumer;
    this.#queue.moveTo(partition, found);
    const fields = { partition, expected: expected.toString(), found: found.toString() };
    if (found > expected) {
      this.counts.lost += Number(found - expected);
      const message = `${topic}[${partition}]: offsets ${expected} to ${found - 1n} were removed by retention before they were copied`;
      this.#options.log({ level: 'error', fields, message });
    } else {
      const message = `${topic}[${partition}]: ends before offset ${expected}, so it was made anew; what it holds now from offset ${found} on is copied`;
      this.#options.log({ level: 'warn', fields, message });
    }
  }

  onTrouble(error: Error): void {
    this.#reading.begin(error, performance.now());
  }

  onFatal(error: Error): void {
    this.#fail(error);
  }

  /** Begins the next transaction, unless one is under way. */
  #pump(): void {
    if (this.#transaction !== undefined || this.#isStale || this.#isStopping()) return;
    const portion = this.#queue.take(maxPortionBytes);
    if (portion === undefined) return;
    this.#transactionBytes = portion.heldBytes;
    this.#transaction = this.#copy(this.#epoch, portion)
      .catch((error: unknown) => this.#fail(asError(error)))
      .finally(() => {
        this.#transaction = undefined;
        this.#transactionBytes = 0;
        this.#touch();
        this.#steer();
        this.#pump();
      });
  }

  /** Tries until it is committed, or the generation has ended. */
  async #copy(epoch: number, portion: Portion): Promise<void> {
    for (let failureCount = 0; epoch === this.#epoch && !this.#isStopping(); failureCount += 1) {
      try {
        const result = await this.#consumer.commitTransaction(epoch, portion.records, portion.offsets);
        if (result === 'committed') this.#count(portion);
        else if (epoch === this.#epoch) this.#isStale = true;
        return;
      } catch (error) {
        if (!(error instanceof BrokerError) || !error.retriable) throw this.#explain(asError(error), portion);
        this.#committing.begin(error, performance.now());
      }
      const backoffMs = Math.min(firstBackoffMs * 2 ** failureCount, maxBackoffMs);
      await delay(backoffMs, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
    }
  }

  #count({ chunkCount, otherCount, byteCount }: Portion): void {
    this.#committing.end(performance.now());
    this.counts.chunks += chunkCount;
    this.counts.others += otherCount;
    this.counts.bytes += byteCount;
  }

  #explain(error: Error, { largest, records }: Portion): Error {
    if (error instanceof BrokerError && error.isForbidden) return error;
    if (records.length === 0) return error;
    const { topic } = this.#options.consumer;
    return new BrokerError(
      `${error.message}; the largest of these records is ${topic}[${largest.partition}]@${largest.offset} with ${largest.byteCount} bytes`,
      { cause: error, retriable: false, isCauseTold: true },
    );
  }

  /** Reading pauses while too much waits. */
  #steer(): void {
    const { memoryBudgetBytes } = this.#options;
    const heldBytes = this.#queue.heldBytes + this.#transactionBytes;
    if (heldBytes >= memoryBudgetBytes) {
      this.#isPaused = true;
      this.#consumer.pause(this.#partitions);
    } else if (this.#isPaused && heldBytes <= memoryBudgetBytes / 2) {
      this.#isPaused = false;
      this.#consumer.resume(this.#partitions);
    }
  }

  async #tick(): Promise<void> {
    if (this.#isStopping()) return;
    this.#pump();
    const nowMs = performance.now();
    if (this.#transaction !== undefined) this.#idle.touch(nowMs);
    if (!this.#idle.shouldCheck(nowMs)) return;
    const remaining = await this.#remaining.read();
    if (this.#idle.checked(performance.now(), remaining)) await this.#end({ kind: 'idle' });
  }

  #touch(): void {
    this.#idle.touch(performance.now());
  }

  #isStopping(): boolean {
    return this.#stopping.signal.aborted;
  }

  #fail(error: Error): void {
    void this.#end({ kind: 'failed', error });
  }

  async #end(end: CopyEnd): Promise<void> {
    if (this.#isStopping()) return;
    this.#stopping.abort();
    clearInterval(this.#ticker);
    await Promise.race([this.#transaction, delay(leaveMs, undefined, { ref: false })]);
    await this.#consumer.stop(leaveMs);
    await this.#remaining.close();
    this.#resolveEnded(end);
  }
}
