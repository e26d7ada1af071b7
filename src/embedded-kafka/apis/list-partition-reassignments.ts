import { errorCodes } from '../protocol/error-codes.js';
import { type Api } from './api.js';

/** Lists partitions that are on their way to other brokers: never any. */
export const listPartitionReassignments: Api = {
  key: 46,
  name: 'ListPartitionReassignments',
  versions: [0, 0],
  flexibleFrom: 0,
  handle({ body, response }) {
    body.int32(); // timeout
    body.nullableStructs(() => [body.string('topic'), body.array(() => body.int32())]);
    response.int32(0).errorCode(errorCodes.NONE).string(null);
    response.structs([], () => undefined);
    return 'respond';
  },
};
