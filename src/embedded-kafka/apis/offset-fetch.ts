import { type Broker } from '../broker.js';
import { errorCodes } from '../protocol/error-codes.js';
import { type RequestReader } from '../protocol/reader.js';
import { type ResponseWriter } from '../protocol/writer.js';
import { type Api } from './api.js';

interface WantedTopic {
  readonly topic: string;
  readonly partitions: readonly number[];
}

interface WantedGroup {
  readonly groupId: string;
  /** Null for everything that the group committed. */
  readonly topics: readonly WantedTopic[] | null;
}

/**
 * Reads committed offsets; a partition without one has offset -1. From version 8 for several groups at once. From version 7
 * a client may ask to be told to wait for open transactions.
 */
export const offsetFetch: Api = {
  key: 9,
  name: 'OffsetFetch',
  versions: [1, 9],
  flexibleFrom: 6,
  handle({ version, body, response, broker }) {
    if (version >= 8) {
      const groups = body.structs(() => readGroup(body, version));
      const isStableRequired = body.boolean();
      response.int32(0);
      response.structs(groups, group => {
        response.string(group.groupId);
        writeTopics(response, version, broker, group, isStableRequired);
        response.errorCode(errorCodes.NONE);
      });
      return 'respond';
    }
    const groupId = body.string('group');
    const topics = readTopics(body);
    const isStableRequired = version >= 7 && body.boolean();
    if (version >= 3) response.int32(0);
    writeTopics(response, version, broker, { groupId, topics }, isStableRequired);
    if (version >= 2) response.errorCode(errorCodes.NONE);
    return 'respond';
  },
};

function readGroup(body: RequestReader, version: number): WantedGroup {
  const groupId = body.string('group');
  if (version >= 9) {
    body.nullableString(); // member id and epoch of the newer group protocol
    body.int32();
  }
  return { groupId, topics: readTopics(body) };
}

function readTopics(body: RequestReader): WantedTopic[] | null {
  return body.nullableStructs(() => ({
    topic: body.string('topic'),
    partitions: body.array(() => body.int32()),
  }));
}

/** @param isStableRequired - answers with an error where a transaction may still commit an offset */
function writeTopics(
  response: ResponseWriter,
  version: number,
  broker: Broker,
  { groupId, topics }: WantedGroup,
  isStableRequired: boolean,
): void {
  const group = broker.groups.get(groupId);
  response.structs(topics ?? group?.offsets.topics() ?? [], ({ topic, partitions }) => {
    response.string(topic);
    response.structs(partitions, index => {
      const isUnstable = isStableRequired && group?.pendingOffsets.has(topic, index) === true;
      const committed = isUnstable ? undefined : group?.offsets.get(topic, index);
      response.int32(index).int64(committed?.offset ?? -1n);
      if (version >= 5) response.int32(committed?.leaderEpoch ?? -1);
      response.string(committed?.metadata ?? '');
      response.errorCode(isUnstable ? errorCodes.UNSTABLE_OFFSET_COMMIT : errorCodes.NONE);
    });
  });
}
