import type { OutgoingRecord } from '../kafka/driver.js';
import type { OutgoingMessage } from '../processing/file-work.js';

/** Below Kafka's default `max.message.bytes` of 1,048,588 with room for headers; a larger message goes alone. */
const maxBatchBytes = 800_000;
const maxBatchRecords = 1_000;
/** A record's own fields and its headers, about. */
const recordOverheadBytes = 400;

/** One message of a file on its way. */
export interface PendingMessage {
  readonly record: OutgoingRecord;
  /** Called once. */
  readonly onEnd: (error: Error | undefined) => void;
}

export function toRecord({ key, value, headers, timestampMs }: OutgoingMessage): OutgoingRecord {
  return { key, value, headers, ...(timestampMs === undefined ? {} : { timestampMs }) };
}

/** Takes from the front of a queue what fits into one request. */
export function takeBatch(queue: PendingMessage[]): PendingMessage[] {
  let bytes = 0;
  let count = 0;
  for (const { record } of queue) {
    bytes += recordOverheadBytes + (record.key?.length ?? 0) + (record.value?.length ?? 0);
    if (count > 0 && (bytes > maxBatchBytes || count >= maxBatchRecords)) break;
    count += 1;
  }
  return queue.splice(0, count);
}
