import type { AbortedTransaction, DecodedRecord, FetchRule } from './fetch-rules.js';

/**
 * Hides the records of aborted transactions where kafkajs shows some: its own filter takes one transaction off the broker's
 * list per record, so that a fetch that begins within two of them shows the first record of the second one. It also takes a
 * record whose key is four zero bytes for the end of a transaction.
 *
 * Shown records of the state topic would be outcomes of files whose results were never committed: those files would be lost.
 */
export const hideAbortedRecords: FetchRule = {
  async decode(_, decode) {
    const fetched = await decode();
    for (const { partitions } of fetched.responses)
      for (const partition of partitions) {
        markAborted(partition.messages, partition.abortedTransactions ?? []);
        // Nothing is left for kafkajs's own filter.
        partition.abortedTransactions = [];
      }
    return fetched;
  },
};

/**
 * Makes control records of those of aborted transactions: nobody is shown them, and their offsets still count as read.
 *
 * @param records of one partition, in order
 */
export function markAborted(records: readonly DecodedRecord[], aborted: readonly AbortedTransaction[]): void {
  if (aborted.length === 0) return;
  const waiting = aborted.toSorted((a, b) => (BigInt(a.firstOffset) < BigInt(b.firstOffset) ? -1 : 1));
  const open = new Set<string>();
  for (const record of records) {
    if (record.batchContext === undefined) continue;
    const { producerId, inTransaction } = record.batchContext;
    while (waiting.length > 0 && BigInt(waiting[0]!.firstOffset) <= BigInt(record.offset))
      open.add(waiting.shift()!.producerId);
    if (record.isControlRecord === true) open.delete(producerId);
    else if (inTransaction && open.has(producerId)) record.isControlRecord = true;
  }
}
