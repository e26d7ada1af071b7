import { findLatestTime, findOffsetAtTime, type OffsetAtTime } from '../log/find-offset.js';
import { leaderEpoch, type Isolation, type PartitionLog } from '../log/partition-log.js';
import { errorCodes, type ErrorCode } from '../protocol/error-codes.js';
import { type Topic } from '../topics/topic.js';
import { type Api, type Outcome } from './api.js';
import { checkLeaderEpoch } from './check-leader-epoch.js';
import { readIsolation } from './fetch-request.js';
import { mergeTopics } from './merge-topics.js';

const latest = -1n;
const earliest = -2n;
const latestTimestamp = -3n;
/** The first record on the broker's own disk, where older ones may be in remote storage. */
const earliestLocal = -4n;
/** The last record in remote storage, of which there is none. */
const latestRemote = -5n;
/** The special places by the version that brought them. */
const placesSince: ReadonlyMap<bigint, number> = new Map([
  [latest, 0],
  [earliest, 0],
  [latestTimestamp, 7],
  [earliestLocal, 8],
  [latestRemote, 9],
]);
const none: OffsetAtTime = { offset: -1n, timestamp: -1n };

/**
 * Finds offsets: the first, the end, the first at or after a time, and the one with the latest time. For `read_committed`
 * nothing at or after the last stable offset is found.
 */
export const listOffsets: Api = {
  key: 2,
  name: 'ListOffsets',
  versions: [1, 10],
  flexibleFrom: 6,
  async handle({ version, body, response, broker }): Promise<Outcome> {
    body.int32(); // replica id
    const isolation = version >= 2 ? readIsolation(body) : 'read_uncommitted';
    const topics = body.structs(() => ({
      name: body.string('topic'),
      partitions: body.structs(() => {
        const index = body.int32();
        const currentLeaderEpoch = version >= 4 ? body.int32() : -1;
        return { index, currentLeaderEpoch, timestamp: body.int64() };
      }),
    }));
    if (version >= 10) body.int32(); // timeout, for remote storage
    const answers = await Promise.all(
      mergeTopics(topics).map(async ({ name, partitions, repeatedIndexes }) => {
        const topic = broker.topics.get(name);
        const found = partitions.map(each =>
          repeatedIndexes.has(each.index)
            ? Promise.resolve(failed(each.index, errorCodes.INVALID_REQUEST))
            : findIn(topic, each, isolation, version),
        );
        return { name, partitions: await Promise.all(found) };
      }),
    );
    if (version >= 2) response.int32(0);
    response.structs(answers, ({ name, partitions }) => {
      response.string(name);
      response.structs(partitions, ({ index, code, found }) => {
        response.int32(index).errorCode(code).int64(found.timestamp).int64(found.offset);
        if (version >= 4) response.int32(found.offset < 0n ? -1 : leaderEpoch);
      });
    });
    return 'respond';
  },
};

interface Wanted {
  readonly index: number;
  /** -1 when the client does not know it. */
  readonly currentLeaderEpoch: number;
  /** A time, or one of the special places. */
  readonly timestamp: bigint;
}

async function findIn(
  topic: Topic | undefined,
  { index, currentLeaderEpoch, timestamp }: Wanted,
  isolation: Isolation,
  version: number,
) {
  const log = topic?.partition(index)?.log;
  if (timestamp < 0n && version < (placesSince.get(timestamp) ?? Infinity))
    return failed(index, errorCodes.UNSUPPORTED_VERSION);
  if (log === undefined) return failed(index, errorCodes.UNKNOWN_TOPIC_OR_PARTITION);
  const refusal = checkLeaderEpoch(currentLeaderEpoch);
  if (refusal !== errorCodes.NONE) return failed(index, refusal);
  return { index, code: errorCodes.NONE, found: await find(log, timestamp, isolation) };
}

function failed(index: number, code: ErrorCode) {
  return { index, code, found: none };
}

async function find(log: PartitionLog, timestamp: bigint, isolation: Isolation): Promise<OffsetAtTime> {
  const endOffset = log.endFor(isolation);
  if (timestamp === latest) return { offset: endOffset, timestamp: -1n };
  if (timestamp === latestRemote) return none;
  if (timestamp === earliest || timestamp === earliestLocal)
    return { offset: log.startOffset, timestamp: -1n };
  const found = await (timestamp === latestTimestamp
    ? findLatestTime(log)
    : findOffsetAtTime(log, timestamp));
  return found.offset < endOffset ? found : none;
}
