import { type FetchedBatch, internals } from '../kafkajs-internals.js';
import { processWide } from '../process-wide.js';

/** The last one that was found empty. */
const found = processWide('empty batch', () => ({ fetchedOffset: '-1' }));

/**
 * Remembers where empty batches were fetched: kafkajs tells of them (START_BATCH_PROCESS), but not that. It looks whether one is empty right
 * before it tells.
 */
export function rememberEmptyBatches(): void {
  const prototype = internals.Batch?.prototype as FetchedBatch | undefined;
  if (prototype === undefined) return;
  // eslint-disable-next-line @typescript-eslint/unbound-method -- called with its own `this`
  const original = prototype.isEmptyDueToFiltering;
  prototype.isEmptyDueToFiltering = function (this: FetchedBatch) {
    const isEmpty = original.call(this);
    if (isEmpty) found.fetchedOffset = this.fetchedOffset;
    return isEmpty;
  };
}

/** Only while kafkajs tells of an empty batch. @returns the offset that it was asked for */
export function offsetOfEmptyBatch(): string {
  return found.fetchedOffset;
}
