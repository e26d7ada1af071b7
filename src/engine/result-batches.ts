import type { OutgoingRecord } from '../kafka/driver.js';
import { headerBytes } from '../kafka/header-bytes.js';

/** Below Kafka's default `max.message.bytes` of 1,048,588 with room to spare; a larger message goes alone. */
const defaultBatchBytes = 800_000;
const maxBatchRecords = 1_000;
/** A record's own fields, about. */
const recordOverheadBytes = 100;

/**
 * Splits records for one partition into batches that the broker takes.
 *
 * @param maxBatchBytes of records before compression; default fits a topic with Kafka's usual limit
 */
export function* splitIntoBatches(
  records: readonly OutgoingRecord[],
  maxBatchBytes = defaultBatchBytes,
): Generator<readonly OutgoingRecord[], void, void> {
  let batch: OutgoingRecord[] = [];
  let bytes = 0;
  for (const record of records) {
    const size = batchedBytes(record);
    if (batch.length > 0 && (bytes + size > maxBatchBytes || batch.length >= maxBatchRecords)) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(record);
    bytes += size;
  }
  if (batch.length > 0) yield batch;
}

function batchedBytes({ key, value, headers }: OutgoingRecord): number {
  return recordOverheadBytes + (key?.length ?? 0) + (value?.length ?? 0) + headerBytes(headers);
}
