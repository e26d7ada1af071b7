import { type Broker } from '../broker.js';
import { type CommittedOffset } from '../groups/committed-offsets.js';
import { errorCodes, type ErrorCode } from '../protocol/error-codes.js';
import { type RequestReader } from '../protocol/reader.js';

/** Reads one partition's offset from a request that commits some. @throws {MalformedRequestError} */
export function readOffset(body: RequestReader, hasLeaderEpoch: boolean) {
  const index = body.int32();
  const offset = body.int64();
  const leaderEpoch = hasLeaderEpoch ? body.int32() : -1;
  return { index, committed: { offset, leaderEpoch, metadata: body.nullableString() ?? '' } };
}

/**
 * Whether a request commits for any partition that there is. The group is asked only then; partitions that there are not
 * have an error of their own, whatever the group says.
 */
export function hasKnownPartition(
  { topics }: Broker,
  wanted: readonly { readonly name: string; readonly partitions: readonly { readonly index: number }[] }[],
): boolean {
  return wanted.some(({ name, partitions }) => {
    const topic = topics.get(name);
    return partitions.some(({ index }) => topic?.partition(index) !== undefined);
  });
}

/** Says whether an offset can be stored. */
export function checkOffset(
  broker: Broker,
  topic: string,
  index: number,
  { metadata }: CommittedOffset,
): ErrorCode {
  if (broker.topics.get(topic)?.partition(index) === undefined) return errorCodes.UNKNOWN_TOPIC_OR_PARTITION;
  return metadata.length > broker.settings.maxOffsetMetadataLength
    ? errorCodes.OFFSET_METADATA_TOO_LARGE
    : errorCodes.NONE;
}
