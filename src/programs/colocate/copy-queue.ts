import { splitIntoBatches } from '../../engine/result-batches.js';
import type { OffsetToCommit, OutgoingRecord, PartitionRecords, RawRecord } from '../../kafka/driver.js';
import { headerBytes } from '../../kafka/header-bytes.js';
import { placeRecord } from './place-record.js';

/** What a record costs in memory beside its bytes, about. */
const recordOverheadBytes = 500;
/** kafkajs takes more than twice the time for twice the records. */
const maxPortionRecords = 4_000;

export interface CopyTarget {
  readonly topic: string;
  readonly partitionCount: number;
  /** Bytes of records in one batch. */
  readonly maxBatchBytes: number;
}

/** Records of one transaction: where they go, and how far the source is read with them. */
export interface Portion {
  readonly records: readonly PartitionRecords[];
  readonly offsets: readonly OffsetToCommit[];
  readonly chunkCount: number;
  readonly otherCount: number;
  /** Of keys, values and headers. */
  readonly byteCount: number;
  /** What it counts for in `heldBytes`. */
  readonly heldBytes: number;
  /** Source partition and offset of the record with the most bytes. */
  readonly largest: { readonly partition: number; readonly offset: bigint; readonly byteCount: number };
}

interface Held {
  readonly offset: bigint;
  readonly record: OutgoingRecord;
  readonly partition: number;
  readonly kind: 'chunk' | 'other';
  readonly byteCount: number;
}

interface SourcePartition {
  readonly held: Held[];
  /** Offset after all that was read. */
  position: bigint | null;
  /** Offset after all that was taken; null: nothing was yet, and nothing is committed. */
  taken: bigint | null;
}

/**
 * What was read from the source's partitions and is not yet in a transaction, in order.
 *
 * Bytes are copied on the way in: they belong to a whole fetch response.
 */
export class CopyQueue {
  readonly #target: CopyTarget;
  readonly #metadata: string;
  readonly #partitions = new Map<number, SourcePartition>();
  #heldBytes = 0;

  /** @param metadata of the offsets to commit */
  constructor(target: CopyTarget, metadata: string) {
    this.#target = target;
    this.#metadata = metadata;
  }

  /** Memory of what waits, about. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** Forgets everything. */
  clear(): void {
    this.#partitions.clear();
    this.#heldBytes = 0;
  }

  /**
   * A partition is to be read from here.
   *
   * @param offset what is committed; null: nothing
   * @param startOffset where it begins then, which is to be committed; null: at the first record
   */
  begin(partition: number, offset: bigint | null, startOffset: bigint | null = null): void {
    this.#partitions.set(partition, { held: [], position: offset ?? startOffset, taken: offset });
  }

  has(partition: number): boolean {
    return this.#partitions.has(partition);
  }

  /** The partition goes on elsewhere. What was read before stays. */
  moveTo(partition: number, offset: bigint): void {
    const source = this.#partitions.get(partition);
    if (source !== undefined) source.position = offset;
  }

  /** @param nextOffset offset after all that these records cover */
  push(partition: number, records: readonly RawRecord[], nextOffset: bigint): void {
    const source = this.#partitions.get(partition);
    if (source === undefined)
      throw new Error(`records of partition ${partition} before its committed offset`);
    for (const raw of records) {
      const held = this.#hold(raw, partition);
      source.held.push(held);
      this.#heldBytes += held.byteCount + recordOverheadBytes;
    }
    source.position = nextOffset;
  }

  #hold(raw: RawRecord, from: number): Held {
    const headers = copyHeaders(raw);
    const record: OutgoingRecord = {
      key: raw.key === null ? null : Buffer.from(raw.key),
      value: raw.value === null ? null : Buffer.from(raw.value),
      headers,
      timestampMs: raw.timestampMs,
    };
    const byteCount = (raw.key?.length ?? 0) + (raw.value?.length ?? 0) + headerBytes(headers);
    return {
      offset: raw.offset,
      record,
      byteCount,
      ...placeRecord(raw, from, this.#target.partitionCount),
    };
  }

  /**
   * Takes what the next transaction is to hold: of each partition the oldest records, as many as fit, at least one in all.
   *
   * @returns undefined: there is nothing new
   */
  take(maxBytes: number): Portion | undefined {
    const room = { bytes: maxBytes, records: maxPortionRecords };
    const taken: Held[] = [];
    const offsets: OffsetToCommit[] = [];
    let largest = { partition: 0, offset: 0n, byteCount: -1 };
    // In turn, else a partition that is always full would keep the others waiting.
    for (const [partition, source] of [...this.#partitions]) {
      const count = countThatFits(source.held, room, taken.length === 0);
      const part = source.held.splice(0, count);
      for (const { offset, byteCount } of part)
        if (byteCount > largest.byteCount) largest = { partition, offset, byteCount };
      taken.push(...part);
      const offset = source.held[0]?.offset ?? source.position;
      if (offset === null || offset === source.taken) continue;
      source.taken = offset;
      offsets.push({ partition, offset, metadata: this.#metadata });
      this.#partitions.delete(partition);
      this.#partitions.set(partition, source);
    }
    return offsets.length === 0 ? undefined : { ...this.#summarize(taken), offsets, largest };
  }

  #summarize(taken: readonly Held[]): Omit<Portion, 'offsets' | 'largest'> {
    const byPartition = new Map<number, OutgoingRecord[]>();
    let byteCount = 0;
    for (const held of taken) {
      byteCount += held.byteCount;
      const others = byPartition.get(held.partition);
      if (others === undefined) byPartition.set(held.partition, [held.record]);
      else others.push(held.record);
    }
    const heldBytes = byteCount + taken.length * recordOverheadBytes;
    this.#heldBytes -= heldBytes;
    const { topic, maxBatchBytes } = this.#target;
    const records = [...byPartition].flatMap(([partition, list]) =>
      [...splitIntoBatches(list, maxBatchBytes)].map(batch => ({ topic, partition, records: batch })),
    );
    const chunkCount = taken.filter(({ kind }) => kind === 'chunk').length;
    return { records, chunkCount, otherCount: taken.length - chunkCount, byteCount, heldBytes };
  }
}

function countThatFits(
  held: readonly Held[],
  room: { bytes: number; records: number },
  takesFirst: boolean,
): number {
  let count = 0;
  for (const { byteCount } of held) {
    const isForced = takesFirst && count === 0;
    if (!isForced && (byteCount > room.bytes || room.records === 0)) break;
    room.bytes -= byteCount;
    room.records -= 1;
    count += 1;
  }
  return count;
}

function copyHeaders({ headers = {} }: RawRecord): OutgoingRecord['headers'] {
  const copy = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(copy);
    return value instanceof Uint8Array ? Buffer.from(value) : value;
  };
  const entries = Object.entries(headers);
  if (entries.length === 0) return headers;
  return Object.fromEntries(entries.map(([name, value]) => [name, copy(value)])) as OutgoingRecord['headers'];
}
