import { nodeId, type Broker } from '../broker.js';
import { errorCodes, type ErrorCode } from '../protocol/error-codes.js';
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
        writeNode(response, kind, broker);
        response.errorCode(codeFor(kind)).string('');
      });
      return 'respond';
    }
    const key = body.string();
    const kind = version >= 1 ? keyKinds[body.int8()] : 'group';
    body.noteName(kind, key);
    if (version >= 1) response.int32(0);
    response.errorCode(codeFor(kind));
    if (version >= 1) response.string(kind === undefined ? 'There is no coordinator of this kind.' : 'NONE');
    writeNode(response, kind, broker);
    return 'respond';
  },
};

function codeFor(kind: NameKind | undefined): ErrorCode {
  return kind === undefined ? errorCodes.INVALID_REQUEST : errorCodes.NONE;
}

function writeNode(response: ResponseWriter, kind: NameKind | undefined, { settings, port }: Broker): void {
  if (kind === undefined) response.int32(-1).string('').int32(-1);
  else response.int32(nodeId).string(settings.advertisedHost).int32(port);
}
