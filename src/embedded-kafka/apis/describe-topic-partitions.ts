import { nodeId, type Broker } from '../broker.js';
import { leaderEpoch } from '../log/partition-log.js';
import { errorCodes } from '../protocol/error-codes.js';
import { type RequestReader } from '../protocol/reader.js';
import { type ResponseWriter } from '../protocol/writer.js';
import { type Partition } from '../topics/partition.js';
import { allowedOperations } from './allowed-operations.js';
import { type Api } from './api.js';
import { unknownTopicCode } from './unknown-topic-code.js';

const noId = '0'.repeat(32);
/** Most partitions of one response, as Kafka's `max.request.partition.size.limit`. */
const largestPage = 2_000;

/** A place in the list of all partitions of the topics asked for, in order of their names. */
interface Cursor {
  readonly topic: string;
  readonly index: number;
}

/** Shows topics and their partitions, page by page. */
export const describeTopicPartitions: Api = {
  key: 75,
  name: 'DescribeTopicPartitions',
  versions: [0, 0],
  flexibleFrom: 0,
  handle({ body, response, broker }) {
    const given = body.structs(() => body.string('topic'));
    const limit = body.int32();
    const start = readCursor(body);
    if (isRefused(given, start)) {
      response.int32(0);
      response.structs(given, name => writeRefusal(response, name));
      writeCursor(response, undefined);
      return 'respond';
    }
    const wanted = given.length > 0 ? [...new Set(given)] : broker.topics.all().map(({ name }) => name);
    const names = wanted.filter(name => start === undefined || name >= start.topic).sort();
    let left = Math.min(Math.max(1, limit), largestPage);
    let next: Cursor | undefined;
    const pages: { readonly name: string; readonly partitions: readonly Partition[] }[] = [];
    for (const name of names) {
      const all = broker.topics.get(name)?.partitions ?? [];
      const first = name === start?.topic ? start.index : 0;
      const partitions = all.slice(first, first + left);
      if (left === 0 || first + partitions.length < all.length)
        next ??= { topic: name, index: first + partitions.length };
      if (left > 0) pages.push({ name, partitions });
      left -= partitions.length;
    }
    response.int32(0);
    response.structs(pages, ({ name, partitions }) => writeTopic(response, broker, name, partitions));
    writeCursor(response, next);
    return 'respond';
  },
};

function readCursor(body: RequestReader): Cursor | undefined {
  if (body.int8() < 0) return undefined;
  const cursor = { topic: body.string(), index: body.int32() };
  body.skipTags();
  return cursor;
}

/** A page has to begin with a topic that is asked for. */
function isRefused(given: readonly string[], start: Cursor | undefined): boolean {
  if (start === undefined) return false;
  return start.index < 0 || (given.length > 0 && !given.includes(start.topic));
}

function writeRefusal(response: ResponseWriter, name: string): void {
  response.errorCode(errorCodes.INVALID_REQUEST).string(name).uuid(noId).boolean(false);
  response.structs([], () => undefined).int32(allowedOperations('topic', false));
}

function writeCursor(response: ResponseWriter, cursor: Cursor | undefined): void {
  response.int8(cursor === undefined ? -1 : 1);
  if (cursor !== undefined) response.string(cursor.topic).int32(cursor.index).noTags();
}

function writeTopic(
  response: ResponseWriter,
  { topics }: Broker,
  name: string,
  partitions: readonly Partition[],
): void {
  const topic = topics.get(name);
  response.errorCode(topic === undefined ? unknownTopicCode(name) : errorCodes.NONE);
  response
    .string(name)
    .uuid(topic?.id ?? noId)
    .boolean(false);
  response.structs(partitions, ({ index }) => {
    response.errorCode(errorCodes.NONE).int32(index).int32(nodeId).int32(leaderEpoch);
    for (const nodes of [[nodeId], [nodeId], [], [], []]) response.array(nodes, id => response.int32(id));
  });
  response.int32(allowedOperations('topic', true));
}
