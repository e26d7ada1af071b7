import { internals, type ProtocolRequest } from '../kafkajs-internals.js';

/** One transaction of a fetched partition that was aborted. */
export interface AbortedTransaction {
  readonly producerId: string;
  readonly firstOffset: string;
}

/** A record as kafkajs decodes it. */
export interface DecodedRecord {
  readonly offset: string;
  /** Control records end transactions, and are shown to nobody. */
  isControlRecord?: boolean;
  /** Records of the format before transactions have none. */
  readonly batchContext?: { readonly producerId: string; readonly inTransaction: boolean };
}

interface DecodedFetch {
  readonly responses: readonly {
    readonly partitions: readonly {
      abortedTransactions?: readonly AbortedTransaction[] | null;
      readonly messages: readonly DecodedRecord[];
    }[];
  }[];
}

/**
 * Hides the records of aborted transactions where kafkajs shows some: its own filter takes one transaction off the broker's
 * list per record, so that a fetch that begins within two of them shows the first record of the second one. It also takes a
 * record whose key is four zero bytes for the end of a transaction.
 *
 * Shown records of the state topic would be outcomes of files whose results were never committed: those files would be lost.
 */
export function hideAbortedRecords(): void {
  const fetch = internals.requests?.['Fetch'];
  if (fetch === undefined) return;
  internals.requests!['Fetch'] = {
    versions: fetch.versions,
    protocol: asked => args => withoutAborted(fetch.protocol(asked)(args)),
  };
}

function withoutAborted(made: ProtocolRequest): ProtocolRequest {
  const decode = async (raw: Buffer): Promise<unknown> => {
    const answer = (await made.response.decode(raw)) as DecodedFetch;
    for (const { partitions } of answer.responses)
      for (const partition of partitions) {
        markAborted(partition.messages, partition.abortedTransactions ?? []);
        // Nothing is left for kafkajs's own filter.
        partition.abortedTransactions = [];
      }
    return answer;
  };
  return { ...made, response: { ...made.response, decode } };
}

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
