import { type Broker } from '../broker.js';
import { type ApiName } from '../protocol/api-name.js';
import { type RequestReader } from '../protocol/reader.js';
import { type ResponseWriter } from '../protocol/writer.js';

/** One request as an API's handler sees it. */
export interface ApiRequest {
  readonly version: number;
  readonly clientId: string | null;
  readonly clientHost: string;
  /** Stands at the first field of the body. */
  readonly body: RequestReader;
  /** Takes the body of the response; tagged fields that end the body are added afterwards. */
  readonly response: ResponseWriter;
  readonly broker: Broker;
  /** All that the broker serves. */
  readonly served: readonly Api[];
  /** Aborted when the connection closes: whoever waits for something gives up. */
  readonly closed: AbortSignal;
}

/** What happens after a request was handled. Real Kafka also knows requests without an answer, and broken ones. */
export type Outcome = 'respond' | 'no-response' | 'close';

/** One request type of the Kafka protocol. */
export interface Api {
  readonly key: number;
  readonly name: ApiName;
  /** Versions that are served, both ends included. */
  readonly versions: readonly [number, number];
  /** Lowest version told to clients, where it differs from what is served. */
  readonly advertisedFrom?: number;
  /** First version with compact lengths and tagged fields. */
  readonly flexibleFrom: number;
  /** @throws {MalformedRequestError} the connection is closed */
  handle(request: ApiRequest): Outcome | Promise<Outcome>;
}
