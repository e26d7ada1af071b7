import { type Api, type Outcome } from './apis/api.js';
import { apiVersions } from './apis/api-versions.js';
import { apis } from './apis/registry.js';
import { type Broker } from './broker.js';
import { type RequestReader } from './protocol/reader.js';
import { ResponseWriter } from './protocol/writer.js';

/** Who sent a request. */
export interface Caller {
  readonly clientHost: string;
  /** Aborted when the connection closes. */
  readonly closed: AbortSignal;
}

/** A request of an API and version that are served, read up to its body. */
export interface ReceivedRequest {
  readonly api: Api;
  readonly version: number;
  readonly correlationId: number;
  readonly clientId: string | null;
  /** Stands at the first field of the body. */
  readonly body: RequestReader;
}

/** What to do on the connection: bytes to send (without their length), or one of the other two ends. */
export type Reply =
  | { readonly kind: 'respond'; readonly buffers: readonly Buffer[]; readonly byteLength: number }
  | { readonly kind: 'no-response' }
  | { readonly kind: 'close'; readonly reason: string };

/**
 * Runs the API's handler and puts the response header before what it wrote.
 * @param response - empty, in the encoding of the request
 * @throws {MalformedRequestError} the bytes do not follow the protocol
 */
export function handleRequest(
  broker: Broker,
  { api, version, correlationId, clientId, body }: ReceivedRequest,
  caller: Caller,
  response: ResponseWriter = new ResponseWriter(body.flexible),
): Reply | Promise<Reply> {
  response.int32(correlationId);
  if (api !== apiVersions) response.noTags();
  const outcome = api.handle({ ...caller, version, clientId, body, response, broker, served: apis });
  return typeof outcome === 'string'
    ? toReply(outcome, response, api)
    : outcome.then(settled => toReply(settled, response, api));
}

/** Ends the body of a response, or says why there is none. */
export function toReply(outcome: Outcome, response: ResponseWriter, api: Api): Reply {
  if (outcome === 'no-response') return { kind: 'no-response' };
  if (outcome === 'close') return { kind: 'close', reason: `${api.name} failed and has no way to say so` };
  response.noTags();
  return { kind: 'respond', byteLength: response.byteLength, buffers: response.finish() };
}
