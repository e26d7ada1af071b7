import { type Isolation } from '../log/partition-log.js';
import { type RequestReader } from '../protocol/reader.js';

export interface FetchPartition {
  readonly index: number;
  readonly offset: bigint;
  readonly maxBytes: number;
  /** -1 when the client does not know it. */
  readonly currentLeaderEpoch: number;
}

export interface FetchTopic {
  /** Null in versions that name topics by id. */
  readonly name: string | null;
  readonly id: string;
  readonly partitions: readonly FetchPartition[];
}

export interface FetchRequest {
  readonly maxWaitMs: number;
  readonly minBytes: number;
  /** Of all record batches together. */
  readonly maxBytes: number;
  readonly isolation: Isolation;
  /** Whether the request goes on in a session instead of naming all its partitions. */
  readonly isIncremental: boolean;
  readonly topics: readonly FetchTopic[];
}

/** As `fetch.max.bytes` of a Kafka broker: whatever a client asks for, a response has no more, but for its first batch. */
const largestMaxBytes = 57_671_680;

/** Reads the body of a Fetch request. @throws {MalformedRequestError} */
export function readFetch(body: RequestReader, version: number): FetchRequest {
  if (version <= 14) body.int32(); // replica id
  const maxWaitMs = body.int32();
  const minBytes = body.int32();
  const maxBytes = Math.min(body.int32(), largestMaxBytes);
  const isolation = readIsolation(body);
  if (version >= 7) body.int32(); // session id
  // 0 begins a session and -1 does without; both name all partitions, whatever the session id.
  const isIncremental = version >= 7 && ![0, -1].includes(body.int32());
  const topics = body.structs(() => ({
    name: version <= 12 ? body.string('topic') : null,
    id: version >= 13 ? body.uuid('topic-id') : '',
    partitions: body.structs(() => readPartition(body, version)),
  }));
  return { maxWaitMs, minBytes, maxBytes, isolation, isIncremental, topics };
}

/** @throws {MalformedRequestError} */
export function readIsolation(body: RequestReader): Isolation {
  return body.int8() === 1 ? 'read_committed' : 'read_uncommitted';
}

function readPartition(body: RequestReader, version: number): FetchPartition {
  const index = body.int32();
  const currentLeaderEpoch = version >= 9 ? body.int32() : -1;
  const offset = body.int64();
  if (version >= 12) body.int32(); // epoch of the last record fetched
  if (version >= 5) body.int64(); // log start offset of a follower
  return { index, offset, maxBytes: body.int32(), currentLeaderEpoch };
}
