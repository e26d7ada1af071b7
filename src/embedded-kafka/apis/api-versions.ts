import { errorCodes } from '../protocol/error-codes.js';
import { type ResponseWriter } from '../protocol/writer.js';
import { type Api } from './api.js';

/** What a client's software and its version may be called. */
const softwareName = /^[a-zA-Z0-9](?:[a-zA-Z0-9\-.]*[a-zA-Z0-9])?$/;

/**
 * Tells which requests are served. Its response never has a flexible header, because the client does not know yet what
 * the broker can do; a version that is too new is answered in version 0 with UNSUPPORTED_VERSION.
 */
export const apiVersions: Api = {
  key: 18,
  name: 'ApiVersions',
  versions: [0, 4],
  flexibleFrom: 3,
  handle({ version, body, response, served }) {
    const names = version >= 3 ? [body.string(), body.string()] : [];
    if (!names.every(name => softwareName.test(name))) {
      response.errorCode(errorCodes.INVALID_REQUEST);
      response.structs([], () => undefined).int32(0);
      return 'respond';
    }
    response.errorCode(errorCodes.NONE);
    writeRanges(response, served);
    if (version >= 1) response.int32(0);
    return 'respond';
  },
};

/** Writes the answer to a version that is not known. */
export function writeUnsupportedApiVersions(response: ResponseWriter, served: readonly Api[]): void {
  response.errorCode(errorCodes.UNSUPPORTED_VERSION);
  writeRanges(response, served);
}

function writeRanges(response: ResponseWriter, served: readonly Api[]): void {
  response.structs(served, api => {
    response
      .int16(api.key)
      .int16(api.advertisedFrom ?? api.versions[0])
      .int16(api.versions[1]);
  });
}
