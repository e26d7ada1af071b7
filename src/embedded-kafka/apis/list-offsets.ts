import { findLatestTime, findOffsetAtTime, type OffsetAtTime } from '../log/find-offset.js';
import { leaderEpoch, type Isolation, type PartitionLog } from '../log/partition-log.js';
import { errorCodes } from '../protocol/error-codes.js';
import { type Api } from './api.js';
import { readIsolation } from './fetch-request.js';

const latest = -1n;
const earliest = -2n;
const latestTimestamp = -3n;
/** The first record on the broker's own disk, where older ones may be in remote storage. */
const earliestLocal = -4n;
/** The last record in remote storage, of which there is none. */
const latestRemote = -5n;
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
  handle({ version, body, response, broker }) {
    body.int32(); // replica id
    const isolation = version >= 2 ? readIsolation(body) : 'read_uncommitted';
    const topics = body.structs(() => ({
      name: body.string('topic'),
      partitions: body.structs(() => {
        const index = body.int32();
        if (version >= 4) body.int32(); // current leader epoch
        return { index, timestamp: body.int64() };
      }),
    }));
    if (version >= 10) body.int32(); // timeout, for remote storage
    if (version >= 2) response.int32(0);
    response.structs(topics, ({ name, partitions }) => {
      const topic = broker.topics.get(name);
      response.string(name);
      response.structs(partitions, ({ index, timestamp }) => {
        const log = topic?.partition(index)?.log;
        const code = log === undefined ? errorCodes.UNKNOWN_TOPIC_OR_PARTITION : errorCodes.NONE;
        const found = log === undefined ? none : find(log, timestamp, isolation);
        response.int32(index).errorCode(code).int64(found.timestamp).int64(found.offset);
        if (version >= 4) response.int32(found.offset < 0n ? -1 : leaderEpoch);
      });
    });
    return 'respond';
  },
};

function find(log: PartitionLog, timestamp: bigint, isolation: Isolation): OffsetAtTime {
  const endOffset = log.endFor(isolation);
  if (timestamp === latest) return { offset: endOffset, timestamp: -1n };
  if (timestamp === latestRemote) return none;
  if (timestamp === earliest || timestamp === earliestLocal)
    return { offset: log.startOffset, timestamp: -1n };
  const found = timestamp === latestTimestamp ? findLatestTime(log) : findOffsetAtTime(log, timestamp);
  return found.offset < endOffset ? found : none;
}
