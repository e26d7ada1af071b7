import { errorCodes } from '../protocol/error-codes.js';
import { type Api } from './api.js';

const preferred = 0;
const unclean = 1;

/**
 * Elects leaders of partitions: the only broker leads already. As in Kafka, that is told of partitions that are named, and left out
 * when all are meant.
 */
export const electLeaders: Api = {
  key: 43,
  name: 'ElectLeaders',
  versions: [0, 2],
  flexibleFrom: 2,
  handle({ version, body, response, broker }) {
    const electionType = version >= 1 ? body.int8() : preferred;
    const wanted = body.nullableStructs(() => ({
      name: body.string('topic'),
      indexes: body.array(() => body.int32()),
    }));
    body.int32(); // timeout
    const isRefused = electionType !== preferred && electionType !== unclean;
    response.int32(0);
    if (version >= 1) response.errorCode(isRefused ? errorCodes.INVALID_REQUEST : errorCodes.NONE);
    const all = (isRefused ? [] : broker.topics.all()).map(({ name }) => ({ name, indexes: [] }));
    response.structs(wanted ?? all, ({ name, indexes }) => {
      const topic = broker.topics.get(name);
      response.string(name);
      response.structs(indexes, index => {
        if (isRefused) {
          response.int32(index).errorCode(errorCodes.INVALID_REQUEST);
          return void response.string(`Unknown election type ${electionType}`);
        }
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
