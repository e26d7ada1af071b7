/** One record batch of a partition, as it lies in memory. */
export interface StoredBatch {
  readonly baseOffset: bigint;
  readonly lastOffset: bigint;
  /** The batch as the producer sent it, with base offset and leader epoch filled in. */
  readonly bytes: Buffer;
  /** Bytes that were appended to the partition before this batch. Grows for ever; old batches may be gone. */
  readonly startByte: number;
  readonly maxTimestamp: bigint;
}

/** What a batch takes in memory beside its bytes, about: of very small ones that is the most. */
export const batchOverheadBytes = 256;

/**
 * Finds the first element for which `isMatch` holds, by bisection.
 * @param isMatch - false for a first part of the list, true for the rest
 * @returns its index; the list's length when there is none
 */
export function firstIndex<T>(list: readonly T[], isMatch: (element: T, index: number) => boolean): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isMatch(list[middle]!, middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
