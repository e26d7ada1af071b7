import { type Api, type Outcome } from './apis/api.js';
import { apiVersions, writeUnsupportedApiVersions } from './apis/api-versions.js';
import { apis } from './apis/registry.js';
import { type Broker } from './broker.js';
import { RequestReader } from './protocol/reader.js';
import { readClientId, readRequestHeader } from './protocol/request-header.js';
import { ResponseWriter } from './protocol/writer.js';

/** Who sent a request. */
export interface Caller {
  readonly clientHost: string;
  /** Aborted when the connection closes. */
  readonly closed: AbortSignal;
}

/** What to do on the connection: bytes to send (without their length), or one of the other two ends. */
export type Reply =
  | { readonly kind: 'respond'; readonly buffers: readonly Buffer[]; readonly byteLength: number }
  | { readonly kind: 'no-response' }
  | { readonly kind: 'close'; readonly reason: string };

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
  const isFlexible = apiVersion >= api.flexibleFrom;
  const clientId = readClientId(body, isFlexible);
  const response = new ResponseWriter(isFlexible).int32(correlationId);
  if (api !== apiVersions) response.noTags();
  const outcome = api.handle({
    ...caller,
    version: apiVersion,
    clientId,
    body,
    response,
    broker,
    served: apis,
  });
  return typeof outcome === 'string'
    ? toReply(outcome, response, api)
    : outcome.then(settled => toReply(settled, response, api));
}

function toReply(outcome: Outcome, response: ResponseWriter, api: Api): Reply {
  if (outcome === 'no-response') return { kind: 'no-response' };
  if (outcome === 'close') return { kind: 'close', reason: `${api.name} failed and has no way to say so` };
  response.noTags();
  return { kind: 'respond', byteLength: response.byteLength, buffers: response.finish() };
}
