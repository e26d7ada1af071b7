import type { OutgoingRecord } from '../kafka/driver.js';

/** Below Kafka's default `max.message.bytes` of 1,048,588 with room for headers; a larger message goes alone. */
const maxBatchBytes = 800_000;
const maxBatchRecords = 1_000;
/** A record's own fields and its headers, about. */
const recordOverheadBytes = 400;

/** Splits the results of one file into requests that the broker takes. */
export function* splitIntoBatches(
  records: readonly OutgoingRecord[],
): Generator<readonly OutgoingRecord[], void, void> {
  let batch: OutgoingRecord[] = [];
  let bytes = 0;
  for (const record of records) {
    const size = recordOverheadBytes + (record.key?.length ?? 0) + (record.value?.length ?? 0);
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
