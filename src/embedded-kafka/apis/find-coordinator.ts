import { nodeId, type Broker } from '../broker.js';
import { errorCodes } from '../protocol/error-codes.js';
import { type NameKind } from '../protocol/reader.js';
import { type ResponseWriter } from '../protocol/writer.js';
import { type Api } from './api.js';

/** What a coordinator is asked for, by the number in the request. */
const keyKinds: readonly (NameKind | undefined)[] = ['group', 'transactional-id'];

/** Tells which broker coordinates a group: always this one. */
export const findCoordinator: Api = {
  key: 10,
  name: 'FindCoordinator',
  versions: [0, 4],
  flexibleFrom: 3,
  handle({ version, body, response, broker }) {
    if (version >= 4) {
      const kind = keyKinds[body.int8()];
      const keys = body.array(() => body.string(kind));
      response.int32(0);
      response.structs(keys, key => {
        response.string(key);
        writeNode(response, broker);
        response.errorCode(errorCodes.NONE).string(null);
      });
      return 'respond';
    }
    const key = body.string();
    body.noteName(version >= 1 ? keyKinds[body.int8()] : 'group', key);
    if (version >= 1) response.int32(0);
    response.errorCode(errorCodes.NONE);
    if (version >= 1) response.string(null);
    writeNode(response, broker);
    return 'respond';
  },
};

function writeNode(response: ResponseWriter, { settings, port }: Broker): void {
  response.int32(nodeId).string(settings.advertisedHost).int32(port);
}
