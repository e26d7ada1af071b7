import type { OutgoingMessage } from '../processing/file-work.js';
import type { OutboxEntry } from './outbox.js';
import type { KnownPath, OutcomeRecorder } from './outcome-recorder.js';
import type { OpenFile } from './open-file.js';

export interface TransactionMessagesParts {
  /** Undefined: outcomes are not kept. */
  readonly recorder: () => OutcomeRecorder | undefined;
  /** What takes the records of a file that was set aside from the state topic. */
  readonly removalOf: (file: OpenFile) => readonly OutgoingMessage[];
}

/**
 * Exactly-once: what a transaction consists of, besides its offsets.
 *
 * A record on the state topic replaces the one before of its path, and names what that one named. So it is written when the transaction
 * begins, and not when its file is decided: what another member recorded of the path may be read in between, and files of the path that
 * are decided in the same transaction count as well.
 */
export function transactionMessages(
  batch: readonly OutboxEntry[],
  { recorder, removalOf }: TransactionMessagesParts,
): OutgoingMessage[] {
  const decidedBefore = new Map<string, KnownPath>();
  return batch.flatMap(entry => {
    if (entry.kind !== 'decided' || entry.isUnrecorded === true) return entry.messages;
    const record = recorder()?.messageFor(entry, decidedBefore);
    if (record === undefined) return entry.messages;
    return [...entry.messages, record, ...removalOf(entry.file)];
  });
}
