import { type Broker } from '../broker.js';
import { leaderEpoch } from '../log/partition-log.js';
import { errorCodes } from '../protocol/error-codes.js';
import { type Api } from './api.js';
import { checkLeaderEpoch } from './check-leader-epoch.js';

const undefinedEpoch = { epoch: -1, endOffset: -1n };

/**
 * Tells where the records of a leader epoch end, by which consumers find out whether a log was cut. Here there is one epoch, and
 * no log is ever cut at its end.
 */
export const offsetForLeaderEpoch: Api = {
  key: 23,
  name: 'OffsetForLeaderEpoch',
  versions: [2, 4],
  flexibleFrom: 4,
  handle({ version, body, response, broker }) {
    if (version >= 3) body.int32(); // replica id
    const topics = body.structs(() => ({
      name: body.string('topic'),
      partitions: body.structs(() => ({
        index: body.int32(),
        currentEpoch: body.int32(),
        epoch: body.int32(),
      })),
    }));
    response.int32(0);
    response.structs(topics, ({ name, partitions }) => {
      response.string(name);
      response.structs(partitions, wanted => {
        const { code, epoch, endOffset } = find(broker, name, wanted);
        response.errorCode(code).int32(wanted.index).int32(epoch).int64(endOffset);
      });
    });
    return 'respond';
  },
};

interface WantedEpoch {
  readonly index: number;
  /** What the client takes for the newest epoch; -1 when it does not know. */
  readonly currentEpoch: number;
  readonly epoch: number;
}

function find(broker: Broker, topic: string, { index, currentEpoch, epoch }: WantedEpoch) {
  const log = broker.topics.get(topic)?.partition(index)?.log;
  if (log === undefined) return { code: errorCodes.UNKNOWN_TOPIC_OR_PARTITION, ...undefinedEpoch };
  const refusal = checkLeaderEpoch(currentEpoch);
  if (refusal !== errorCodes.NONE) return { code: refusal, ...undefinedEpoch };
  if (epoch !== leaderEpoch) return { code: errorCodes.NONE, ...undefinedEpoch };
  return { code: errorCodes.NONE, epoch, endOffset: log.endOffset };
}
