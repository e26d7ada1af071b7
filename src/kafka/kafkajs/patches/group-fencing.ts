import { internals, type ProtocolRequest } from '../kafkajs-internals.js';
import { offsetFetch } from './offset-fetch.js';
import { txnOffsetCommit } from './txn-offset-commit.js';

/**
 * Two requests that kafkajs 2.2.4 speaks only in versions from before KIP-447, added to its request table.
 *
 * - TxnOffsetCommit 3 names the member and its generation, so that the broker refuses offsets of a process whose
 *   partitions were taken over meanwhile. Without them a paused process that goes on moves the group's offsets back, and
 *   its results are there twice.
 * - OffsetFetch 7 can ask for stable offsets: while a transaction that moves them is undecided, the broker answers
 *   "not yet" (which kafkajs repeats) and not the offsets from before it.
 *
 * Sources: KIP-447; field order from Apache Kafka's TxnOffsetCommitRequest.json and OffsetFetchRequest.json.
 * What is special about a request travels as a symbol on its `topics` array, which kafkajs passes on untouched; other
 * kafkajs clients of the process send what they did before.
 */
export const neededVersions = [
  { name: 'TxnOffsetCommit', apiKey: 28, version: 3 },
  { name: 'OffsetFetch', apiKey: 9, version: 7 },
] as const;

/** Adds both requests. `checkKafkajs` must have passed: it compares what is used here. */
export function patchGroupFencing(): void {
  const { requests } = internals;
  if (requests === undefined) return;
  extend('TxnOffsetCommit', 3, txnOffsetCommit);
  extend('OffsetFetch', 7, offsetFetch);
}

function extend(
  name: 'TxnOffsetCommit' | 'OffsetFetch',
  version: number,
  make: (args: never) => ProtocolRequest,
): void {
  const requests = internals.requests!;
  const original = requests[name]!;
  requests[name] = {
    versions: [...original.versions, String(version)],
    protocol: asked => (asked.version === version ? make : original.protocol(asked)),
  };
}
