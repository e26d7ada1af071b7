import { openBatch } from '../log/open-batch.js';
import { checkBatch, hasAppendTime, readBatchHeader } from '../protocol/record-batch.js';
import { errorCodes, type ErrorCode } from '../protocol/error-codes.js';
import { type Topic } from '../topics/topic.js';

/** First version of Produce whose clients know zstd. */
const zstdSince = 7;

/** What is known of a batch beside its bytes. */
interface BatchFacts {
  /** Of the Produce request. */
  readonly version: number;
  readonly isKeyless: boolean;
  readonly nowMs: number;
}

/**
 * Says why the records of a batch may not be written to a topic, by Kafka's rules: a compression that the request's version does not
 * know, times that the topic does not want, records without a key where the topic is compacted.
 *
 * @param batch - one whole batch that `checkBatch` accepted
 */
export function refuseRecords(
  topic: Topic,
  batch: Buffer,
  { version, isKeyless, nowMs }: BatchFacts,
): readonly [ErrorCode, string] | undefined {
  const header = readBatchHeader(batch);
  if (header.isControl) return undefined; // refused for that
  if (header.compression === 'unknown')
    return [errorCodes.UNKNOWN_SERVER_ERROR, 'The batch has a compression that Kafka does not know.'];
  if (header.compression === 'zstd' && version < zstdSince)
    return [
      errorCodes.UNSUPPORTED_COMPRESSION_TYPE,
      `Produce requests with version ${version} are not allowed to use ZStandard compression`,
    ];
  if (isKeyless)
    return [
      errorCodes.INVALID_RECORD,
      'Compacted topic cannot accept message without key in topic partition.',
    ];
  return isOutOfTime(topic, batch, nowMs)
    ? [
        errorCodes.INVALID_TIMESTAMP,
        'One or more records have been rejected due to invalid timestamp: see message.timestamp.before.max.ms and message.timestamp.after.max.ms.',
      ]
    : undefined;
}

/**
 * Looks at the header only: the time of the first record, and the latest. Records without a time are in time. Producers take the
 * time from the system, which may be far ahead of a clock that a test moves by hand; that is not the future.
 */
function isOutOfTime({ config }: Topic, batch: Buffer, nowMs: number): boolean {
  if (hasAppendTime(batch) || config.get('message.timestamp.type') === 'LogAppendTime') return false;
  const { baseTimestamp, maxTimestamp } = readBatchHeader(batch);
  const latest = Math.max(nowMs, Date.now()) + config.number('message.timestamp.after.max.ms');
  const earliest = nowMs - config.number('message.timestamp.before.max.ms');
  return Number(maxTimestamp) > latest || (baseTimestamp >= 0n && Number(baseTimestamp) < earliest);
}

export function isCompacted(topic: Topic | undefined): boolean {
  return topic?.config.isCompacted === true;
}

/** Finds batches with a record that has no key. Those that cannot be opened are left to other checks. */
export async function findKeyless(batches: readonly Buffer[]): Promise<ReadonlySet<Buffer>> {
  const keyless = new Set<Buffer>();
  for (const batch of batches) {
    if (checkBatch(batch) !== 'ok' || readBatchHeader(batch).isControl) continue;
    const records = await openBatch(batch).catch(() => []);
    if (records.some(({ key }) => key === null)) keyless.add(batch);
  }
  return keyless;
}
