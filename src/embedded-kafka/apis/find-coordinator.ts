import { nodeId, type Broker } from '../broker.js';
import { errorCodes } from '../protocol/error-codes.js';
import { type ResponseWriter } from '../protocol/writer.js';
import { type Api } from './api.js';

/** Tells which broker coordinates a group: always this one. */
export const findCoordinator: Api = {
  key: 10,
  name: 'FindCoordinator',
  versions: [0, 4],
  flexibleFrom: 3,
  handle({ version, body, response, broker }) {
    if (version >= 4) {
      body.int8(); // kind of key
      const keys = body.array(() => body.string());
      response.int32(0);
      response.structs(keys, key => {
        response.string(key);
        writeNode(response, broker);
        response.int16(errorCodes.NONE).string(null);
      });
      return 'respond';
    }
    if (version >= 1) response.int32(0);
    response.int16(errorCodes.NONE);
    if (version >= 1) response.string(null);
    writeNode(response, broker);
    return 'respond';
  },
};

function writeNode(response: ResponseWriter, { settings, port }: Broker): void {
  response.int32(nodeId).string(settings.host).int32(port);
}
