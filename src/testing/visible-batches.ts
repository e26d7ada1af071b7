import type { LogBatch } from '../embedded-kafka/index.js';
import { readRecords } from '../embedded-kafka/protocol/records.js';

/** What a reader sees: `read_committed` (Kafka's word) hides aborted and unfinished transactions. */
export type Isolation = 'read_committed' | 'read_uncommitted';

const commitMarker = 1;

/** The batches of a partition that hold messages for a reader; control batches never do. */
export function visibleBatches(batches: readonly LogBatch[], isolation: Isolation): LogBatch[] {
  if (isolation === 'read_uncommitted') return batches.filter(({ isControl }) => !isControl);
  const open = new Map<bigint, LogBatch[]>();
  const visible = new Set<LogBatch>();
  for (const batch of batches) {
    const { producerId } = batch;
    if (batch.isControl) {
      const ended = open.get(producerId) ?? [];
      open.delete(producerId);
      if (markerOf(batch) === commitMarker) for (const each of ended) visible.add(each);
    } else if (batch.isTransactional) open.set(producerId, [...(open.get(producerId) ?? []), batch]);
    else visible.add(batch);
  }
  return batches.filter(batch => visible.has(batch));
}

/** The key of a control record is two numbers of two bytes: version, and what happened. */
function markerOf({ bytes }: LogBatch): number | undefined {
  const [record] = readRecords(bytes, records => records);
  return record?.key?.readInt16BE(2);
}
