import { type Broker } from '../broker.js';
import { errorCodes } from '../protocol/error-codes.js';
import { type Api } from './api.js';

interface Election {
  readonly name: string;
  readonly indexes: readonly number[];
}

/** Elects leaders of partitions, all of them when none is named: the only broker leads already. */
export const electLeaders: Api = {
  key: 43,
  name: 'ElectLeaders',
  versions: [0, 2],
  flexibleFrom: 2,
  handle({ version, body, response, broker }) {
    if (version >= 1) body.int8(); // preferred or unclean
    const wanted = body.nullableStructs(() => ({
      name: body.string('topic'),
      indexes: body.array(() => body.int32()),
    }));
    body.int32(); // timeout
    response.int32(0);
    if (version >= 1) response.errorCode(errorCodes.NONE);
    response.structs(wanted ?? allPartitions(broker), ({ name, indexes }) => {
      const topic = broker.topics.get(name);
      response.string(name);
      response.structs(indexes, index => {
        const isKnown = topic?.partition(index) !== undefined;
        response.int32(index);
        response.errorCode(isKnown ? errorCodes.ELECTION_NOT_NEEDED : errorCodes.UNKNOWN_TOPIC_OR_PARTITION);
        response.string(
          isKnown
            ? 'Leader election not needed for topic partition.'
            : `No such ${topic === undefined ? `topic as ${name}` : `partition as ${name}-${index}`}`,
        );
      });
    });
    return 'respond';
  },
};

function allPartitions({ topics }: Broker): Election[] {
  return topics
    .all()
    .map(({ name, partitions }) => ({ name, indexes: partitions.map(({ index }) => index) }));
}
