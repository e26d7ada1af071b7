import { type BatchHeader } from '../protocol/record-batch.js';
import { type TransactionMarker } from '../protocol/control-batch.js';

/** A transaction whose records in this partition a `read_committed` reader has to drop. */
export interface AbortedTransaction {
  readonly producerId: bigint;
  readonly firstOffset: bigint;
  /** Of the abort marker. */
  readonly lastOffset: bigint;
}

interface OpenTransaction {
  readonly producerEpoch: number;
  readonly firstOffset: bigint;
}

/** The transactions of one partition's log: those that are open, and those that were aborted. */
export class LogTransactions {
  /** By producer id, in order of first offset. */
  private readonly open = new Map<bigint, OpenTransaction>();
  /** In order of their markers, as Kafka lists them. */
  private aborted: AbortedTransaction[] = [];

  /** First offset of the oldest open transaction. */
  get firstOpenOffset(): bigint | undefined {
    for (const { firstOffset } of this.open.values()) return firstOffset;
    return undefined;
  }

  /** Notes a batch that is appended at `baseOffset`; the first one of a transaction opens it. */
  batchAppended({ isTransactional, producerId, producerEpoch }: BatchHeader, baseOffset: bigint): void {
    if (!isTransactional || this.open.has(producerId)) return;
    this.open.set(producerId, { producerEpoch, firstOffset: baseOffset });
  }

  /** Notes a marker at `offset`, which ends the producer's transaction; there need not be one. */
  markerAppended({ producerId, result }: TransactionMarker, offset: bigint): void {
    const ended = this.open.get(producerId);
    if (ended === undefined) return;
    this.open.delete(producerId);
    if (result === 'commit') return;
    this.aborted.push({ producerId, firstOffset: ended.firstOffset, lastOffset: offset });
  }

  /** Where the open transaction of this producer starts. */
  firstOffsetOf(producerId: bigint): bigint | undefined {
    return this.open.get(producerId)?.firstOffset;
  }

  /** Whether records of an open transaction of this producer are in the log. */
  isOpen(producerId: bigint): boolean {
    return this.open.has(producerId);
  }

  /** Whether this producer, in this epoch, has records of an open transaction in the log. */
  isOpenIn(producerId: bigint, producerEpoch: number): boolean {
    return this.open.get(producerId)?.producerEpoch === producerEpoch;
  }

  /** Aborted transactions with an offset in `from` (included) to `to` (not included). */
  abortedBetween(from: bigint, to: bigint): AbortedTransaction[] {
    return this.aborted.filter(({ firstOffset, lastOffset }) => lastOffset >= from && firstOffset < to);
  }

  /** Forgets aborted transactions that end before `offset`: nobody can read them any more. */
  forgetBefore(offset: bigint): void {
    if (this.aborted.length === 0) return;
    this.aborted = this.aborted.filter(({ lastOffset }) => lastOffset >= offset);
  }
}
