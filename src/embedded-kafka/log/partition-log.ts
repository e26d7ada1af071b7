import { buildControlBatch, type TransactionMarker } from '../protocol/control-batch.js';
import { readBatchHeader, stampBatch, type BatchHeader } from '../protocol/record-batch.js';
import { LogTransactions } from './log-transactions.js';
import { joinNeighbours, Slab } from './slab.js';
import { batchOverheadBytes, firstIndex, type StoredBatch } from './stored-batch.js';

/** The only leader epoch there is: partitions never move. */
export const leaderEpoch = 0;

/** What a reader wants to see of transactions: all records, or only those of transactions that have ended well. */
export type Isolation = 'read_uncommitted' | 'read_committed';

export type ReadResult =
  { readonly kind: 'out-of-range' } | { readonly kind: 'read'; readonly buffers: readonly Buffer[] };

/**
 * The records of one partition, in memory, as the batches that producers sent.
 *
 * Batches are never decoded: appending fills in the base offset, reading returns slices. Offsets are `bigint`.
 */
export class PartitionLog {
  /** To ask; what is appended tells it by itself. */
  readonly transactions = new LogTransactions();
  private batches: StoredBatch[] = [];
  private readonly slab = new Slab();
  private readonly listeners = new Set<() => void>();
  private start = 0n;
  private end = 0n;
  private endByte = 0;
  private closed = false;

  /** The first offset that can be read. */
  get startOffset(): bigint {
    return this.start;
  }

  /** The offset that the next record gets; also the high watermark, as there are no replicas. */
  get endOffset(): bigint {
    return this.end;
  }

  /** Offset before which all transactions have ended: where `read_committed` readers have to stop. */
  get lastStableOffset(): bigint {
    const first = this.transactions.firstOpenOffset ?? this.end;
    return first > this.start ? first : this.start;
  }

  /** The first offset that a reader of this isolation level cannot read. */
  endFor(isolation: Isolation): bigint {
    return isolation === 'read_committed' ? this.lastStableOffset : this.end;
  }

  /** Bytes of the batches held, as `retention.bytes` counts them. */
  get byteLength(): number {
    return this.endByte - (this.batches[0]?.startByte ?? this.endByte);
  }

  /** Bytes that the log takes in memory, with what each batch costs beside its own. */
  get memoryBytes(): number {
    return this.byteLength + this.batches.length * batchOverheadBytes;
  }

  /** The batches held, oldest first. */
  get storedBatches(): readonly StoredBatch[] {
    return this.batches;
  }

  /**
   * Appends one batch.
   *
   * The buffer is kept, not copied, if it is large and most of the memory it lies in; it must not be used afterwards.
   * @param batch - one whole batch that `checkBatch` accepted
   * @returns the offset of its first record
   */
  append(batch: Buffer): bigint {
    const baseOffset = this.end;
    this.transactions.batchAppended(this.store(batch), baseOffset);
    this.notify();
    return baseOffset;
  }

  /** Ends a producer's transaction with a control batch. @returns its offset */
  appendMarker(marker: TransactionMarker): bigint {
    const offset = this.end;
    this.store(buildControlBatch(marker));
    this.transactions.markerAppended(marker, offset);
    this.notify();
    return offset;
  }

  /**
   * Reads from the batch that holds `offset`: the batches that fit into `maxBytes`. Kafka fills these up with the beginning of
   * the next batch, which clients throw away; with batches of 512 KiB and a limit of 1 MiB that would be half of all bytes.
   *
   * @param isFirstWhole - returns the first batch whole even when it is larger than `maxBytes`, so that a client with
   *   a small limit still gets on. Otherwise a first batch that does not fit gives nothing.
   * @param isolation - whether to stop at the last stable offset
   */
  read(
    offset: bigint,
    maxBytes: number,
    isFirstWhole: boolean,
    isolation: Isolation = 'read_uncommitted',
  ): ReadResult {
    if (offset < this.start || offset > this.end) return { kind: 'out-of-range' };
    const buffers: Buffer[] = [];
    const endOffset = this.endFor(isolation);
    let index = this.indexOf(offset);
    const first = this.batches[index];
    if (first === undefined || first.baseOffset >= endOffset) return { kind: 'read', buffers };
    if (first.bytes.length > maxBytes && !isFirstWhole) return { kind: 'read', buffers };
    let left = Math.max(maxBytes, first.bytes.length);
    for (; index < this.batches.length; index++) {
      const { bytes, baseOffset } = this.batches[index]!;
      if (baseOffset >= endOffset || bytes.length > left) break;
      buffers.push(bytes);
      left -= bytes.length;
    }
    return { kind: 'read', buffers: joinNeighbours(buffers) };
  }

  /**
   * Bytes from the batch that holds `offset` to the end for readers of this isolation level; `undefined` when the offset
   * is out of range.
   */
  availableBytes(offset: bigint, isolation: Isolation = 'read_uncommitted'): number | undefined {
    if (offset < this.start || offset > this.end) return undefined;
    const batch = this.batches[this.indexOf(offset)];
    if (batch === undefined) return 0;
    const endOffset = this.endFor(isolation);
    const end = endOffset === this.end ? undefined : this.batches[this.indexOf(endOffset)];
    return Math.max(0, (end?.startByte ?? this.endByte) - batch.startByte);
  }

  /** The first batch that holds a record of this time or later. */
  batchAtTime(timestamp: bigint): StoredBatch | undefined {
    return this.batches.find(batch => batch.maxTimestamp >= timestamp && batch.lastOffset >= this.start);
  }

  /**
   * Makes all records before `offset` unreadable and drops the batches that end before it. A batch that holds `offset`
   * itself stays whole, as in Kafka; clients skip its older records.
   * @param offset - at most `endOffset`
   */
  deleteBefore(offset: bigint): void {
    if (offset <= this.start) return;
    this.start = offset;
    this.batches.splice(0, this.indexOf(offset));
    this.transactions.forgetBefore(offset);
    this.notify();
  }

  /**
   * Drops the oldest batches as long as all their records are from before `time`.
   * @param time - milliseconds since 1970; batches without a time stay, and those after them
   */
  deleteOlderThan(time: bigint): void {
    const kept = this.batches.find(({ maxTimestamp }) => maxTimestamp >= time || maxTimestamp < 0n);
    this.deleteBefore(kept?.baseOffset ?? this.end);
  }

  /** Drops the oldest batches as long as at least `keptBytes` are left. */
  deleteDownTo(keptBytes: number): void {
    const bytesAfter = ({ startByte, bytes }: StoredBatch): number => this.endByte - startByte - bytes.length;
    const index = firstIndex(this.batches, batch => bytesAfter(batch) < keptBytes);
    this.deleteBefore(this.batches[index]?.baseOffset ?? this.end);
  }

  /** Drops the oldest batches until at most `maxBytes` of memory are taken; the newest batch always stays. */
  shrinkTo(maxBytes: number): void {
    if (this.memoryBytes <= maxBytes || this.batches.length < 2) return;
    const count = this.batches.length;
    const index = firstIndex(this.batches, ({ startByte }, at) => {
      return this.endByte - startByte + (count - at) * batchOverheadBytes <= maxBytes;
    });
    this.deleteBefore(this.batches[Math.min(index, this.batches.length - 1)]!.baseOffset);
  }

  /** Calls `listener` after every change, until the returned function is called. */
  onChange(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Whether the partition is deleted. */
  get isClosed(): boolean {
    return this.closed;
  }

  /** Wakes all who wait: the partition is deleted. */
  close(): void {
    this.closed = true;
    this.notify();
  }

  /** Index of the first batch that ends at or after `offset`. */
  private indexOf(offset: bigint): number {
    return firstIndex(this.batches, batch => batch.lastOffset >= offset);
  }

  /** Puts a batch at the end, without telling anybody. */
  private store(batch: Buffer): BatchHeader {
    const baseOffset = this.end;
    const bytes = this.keep(batch);
    stampBatch(bytes, baseOffset, leaderEpoch);
    const header = readBatchHeader(bytes);
    const lastOffset = baseOffset + BigInt(header.lastOffsetDelta);
    const { maxTimestamp } = header;
    this.batches.push({ baseOffset, lastOffset, bytes, startByte: this.endByte, maxTimestamp });
    this.end = lastOffset + 1n;
    this.endByte += bytes.length;
    return header;
  }

  private keep(batch: Buffer): Buffer {
    if (Slab.holds(batch.length)) return this.slab.add(batch);
    return batch.length * 2 >= batch.buffer.byteLength ? batch : Buffer.from(batch);
  }

  private notify(): void {
    for (const listener of [...this.listeners]) listener();
  }
}
