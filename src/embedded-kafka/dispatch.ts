import { apiVersions, writeUnsupportedApiVersions } from './apis/api-versions.js';
import { apis } from './apis/registry.js';
import { type Broker } from './broker.js';
import { handleRequest, toReply, type Caller, type Reply } from './handle-request.js';
import { handleWithFaults } from './hooks/handle-with-faults.js';
import { RequestReader } from './protocol/reader.js';
import { readClientId, readRequestHeader } from './protocol/request-header.js';
import { ResponseWriter } from './protocol/writer.js';

const byKey = new Map(apis.map(api => [api.key, api]));

/**
 * Handles one request: header, handler, response header.
 *
 * Unknown requests and versions close the connection, as in Kafka: their response format is unknown too. Only
 * ApiVersions, with which every client starts, has an answer for that case.
 *
 * @param frame - the request without its length
 * @throws {MalformedRequestError} the bytes do not follow the protocol
 */
export function dispatch(broker: Broker, frame: Buffer, caller: Caller): Reply | Promise<Reply> {
  const body = new RequestReader(frame);
  const { apiKey, apiVersion, correlationId } = readRequestHeader(body);
  const api = byKey.get(apiKey);
  if (api === undefined) return { kind: 'close', reason: `request ${apiKey} is not served` };
  if (apiVersion < api.versions[0] || apiVersion > api.versions[1]) {
    if (api !== apiVersions)
      return { kind: 'close', reason: `${api.name} version ${apiVersion} is not served` };
    const response = new ResponseWriter().int32(correlationId);
    writeUnsupportedApiVersions(response, apis);
    return toReply('respond', response, api);
  }
  const clientId = readClientId(body, apiVersion >= api.flexibleFrom);
  const request = { api, version: apiVersion, correlationId, clientId, body };
  return broker.faults.isArmed
    ? handleWithFaults(broker, request, caller)
    : handleRequest(broker, request, caller);
}
