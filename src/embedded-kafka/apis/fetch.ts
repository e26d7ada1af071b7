import { type Broker } from '../broker.js';
import { awaitBytes, hasBytes, type ReadPosition } from '../log/await-bytes.js';
import { type AbortedTransaction } from '../log/log-transactions.js';
import { leaderEpoch, type Isolation } from '../log/partition-log.js';
import { errorCodes, type ErrorCode } from '../protocol/error-codes.js';
import { type ResponseWriter } from '../protocol/writer.js';
import { type Topic } from '../topics/topic.js';
import { type Api, type ApiRequest, type Outcome } from './api.js';
import { readFetch, type FetchPartition, type FetchRequest } from './fetch-request.js';

/**
 * Reads from partitions, waiting for records where there are too few.
 *
 * Fetch sessions are never kept: a client that asks for one is given session 0 ("none") and goes on sending all
 * its partitions each time.
 */
export const fetch: Api = {
  key: 1,
  name: 'Fetch',
  versions: [4, 16],
  flexibleFrom: 12,
  handle(request) {
    const fetched = readFetch(request.body, request.version);
    if (fetched.isIncremental) return refuseSession(request);
    const positions = readPositions(request.broker, fetched);
    const isReady =
      fetched.maxWaitMs <= 0 || positions === undefined || hasBytes(positions, fetched.minBytes);
    if (isReady) return respond(request, fetched);
    const { clock } = request.broker.settings;
    const waited = awaitBytes(positions, fetched.minBytes, fetched.maxWaitMs, clock, request.closed);
    return waited.then(() => respond(request, fetched));
  },
};

function refuseSession({ response, version }: ApiRequest): Outcome {
  response.int32(0);
  response.errorCode(errorCodes.FETCH_SESSION_ID_NOT_FOUND).int32(0);
  response.structs([], () => undefined);
  return version >= 7 ? 'respond' : 'close';
}

/**
 * Where to read; `undefined` when there is nothing to wait for: an error of a log is told at once, and so are partitions that are not
 * there when there are no others. Beside others they do not keep a fetch from waiting, so that their clients do not ask without a pause.
 */
function readPositions(broker: Broker, { topics, isolation }: FetchRequest): ReadPosition[] | undefined {
  const positions: ReadPosition[] = [];
  for (const { name, id, partitions } of topics) {
    const topic = name === null ? broker.topics.getById(id) : broker.topics.get(name);
    for (const { index, offset, currentLeaderEpoch } of partitions) {
      const partition = topic?.partition(index);
      if (partition === undefined) continue;
      if (currentLeaderEpoch > leaderEpoch) return undefined;
      positions.push({ log: partition.log, offset, isolation });
    }
  }
  return positions.length === 0 ? undefined : positions;
}

function respond({ broker, response, version }: ApiRequest, fetched: FetchRequest): Outcome {
  response.int32(0);
  if (version >= 7) response.errorCode(errorCodes.NONE).int32(0);
  const budget = { leftBytes: fetched.maxBytes, isFirst: true, isolation: fetched.isolation };
  response.structs(fetched.topics, ({ name, id, partitions }) => {
    const topic = name === null ? broker.topics.getById(id) : broker.topics.get(name);
    if (name === null) response.uuid(id);
    else response.string(name);
    response.structs(partitions, partition => {
      const unknown = name === null ? errorCodes.UNKNOWN_TOPIC_ID : errorCodes.UNKNOWN_TOPIC_OR_PARTITION;
      const read = readPartition(topic, partition, budget, unknown);
      writePartition(response, version, partition.index, read);
    });
  });
  return 'respond';
}

/** What one response may still carry; its first batch is sent whole whatever its size. */
interface Budget {
  leftBytes: number;
  isFirst: boolean;
  readonly isolation: Isolation;
}

interface PartitionRead {
  readonly code: ErrorCode;
  readonly endOffset: bigint;
  readonly stableOffset: bigint;
  readonly startOffset: bigint;
  /** Null for readers that want to see everything. */
  readonly aborted: readonly AbortedTransaction[] | null;
  readonly buffers: readonly Buffer[];
}

function readPartition(
  topic: Topic | undefined,
  { index, offset, maxBytes, currentLeaderEpoch }: FetchPartition,
  budget: Budget,
  unknownCode: ErrorCode,
): PartitionRead {
  const failed = (code: ErrorCode, aborted: PartitionRead['aborted'] = null): PartitionRead => ({
    code,
    endOffset: -1n,
    stableOffset: -1n,
    startOffset: -1n,
    aborted,
    buffers: [],
  });
  const log = topic?.partition(index)?.log;
  if (log === undefined) {
    return failed(topic === undefined ? unknownCode : errorCodes.UNKNOWN_TOPIC_OR_PARTITION, []);
  }
  if (currentLeaderEpoch > leaderEpoch) return failed(errorCodes.UNKNOWN_LEADER_EPOCH);
  const { startOffset, endOffset, lastStableOffset: stableOffset } = log;
  const { isolation, isFirst } = budget;
  const result = log.read(offset, Math.min(maxBytes, budget.leftBytes), isFirst, isolation);
  if (result.kind === 'out-of-range') return failed(errorCodes.OFFSET_OUT_OF_RANGE);
  const byteLength = result.buffers.reduce((sum, { length }) => sum + length, 0);
  if (byteLength > 0) budget.isFirst = false;
  budget.leftBytes = Math.max(0, budget.leftBytes - byteLength);
  const aborted =
    isolation === 'read_committed' ? log.transactions.abortedBetween(offset, stableOffset) : null;
  return { code: errorCodes.NONE, endOffset, stableOffset, startOffset, aborted, buffers: result.buffers };
}

function writePartition(response: ResponseWriter, version: number, index: number, read: PartitionRead): void {
  response.int32(index).errorCode(read.code);
  response.int64(read.endOffset).int64(read.stableOffset);
  if (version >= 5) response.int64(read.startOffset);
  response.structs(read.aborted, ({ producerId, firstOffset }) => {
    response.int64(producerId).int64(firstOffset);
  });
  if (version >= 11) response.int32(-1);
  response.records(read.buffers);
}
