import { type Broker } from '../broker.js';
import { errorCodes } from '../protocol/error-codes.js';
import { type RequestReader } from '../protocol/reader.js';
import { type Api } from './api.js';

const noId = '0'.repeat(32);

interface WantedTopic {
  readonly name: string | null;
  readonly id: string;
}

/** Deletes topics with their records and the offsets committed for them. */
export const deleteTopics: Api = {
  key: 20,
  name: 'DeleteTopics',
  versions: [1, 6],
  flexibleFrom: 4,
  handle({ version, body, response, broker }) {
    const wanted = readTopics(body, version);
    body.int32(); // timeout
    response.int32(0);
    const repeated = namesThatRepeat(wanted);
    const distinct = wanted.filter(
      ({ name }, at) => name === null || wanted.findIndex(other => other.name === name) === at,
    );
    response.structs(distinct, topic => {
      const isAmbiguous = topic.name !== null && (topic.id !== noId || repeated.has(topic.name));
      const { name, id, code } = isAmbiguous
        ? { ...topic, code: errorCodes.INVALID_REQUEST }
        : deleteTopic(broker, topic);
      response.string(version >= 6 ? name : (name ?? ''));
      if (version >= 6) response.uuid(id);
      response.errorCode(code);
      if (version >= 5) response.string(null);
    });
    return 'respond';
  },
};

function namesThatRepeat(topics: readonly WantedTopic[]): ReadonlySet<string | null> {
  const names = topics.map(({ name }) => name);
  return new Set(names.filter((name, at) => names.indexOf(name) !== at));
}

function readTopics(body: RequestReader, version: number): WantedTopic[] {
  return version >= 6
    ? body.structs(() => ({ name: body.nullableString('topic'), id: body.uuid('topic-id') }))
    : body.array(() => ({ name: body.string('topic'), id: noId }));
}

function deleteTopic(broker: Broker, { name, id }: WantedTopic) {
  const topic = name === null ? broker.topics.getById(id) : broker.topics.get(name);
  if (topic === undefined) {
    const code = name === null ? errorCodes.UNKNOWN_TOPIC_ID : errorCodes.UNKNOWN_TOPIC_OR_PARTITION;
    return { name, id, code };
  }
  broker.deleteTopic(topic);
  return { name: topic.name, id: topic.id, code: errorCodes.NONE };
}
