import { Broker } from '../broker.js';
import { type Clock } from '../clock.js';
import { handleRequest, type Caller, type ReceivedRequest, type Reply } from '../handle-request.js';
import { type ErrorCode } from '../protocol/error-codes.js';
import { type NameKind } from '../protocol/reader.js';
import { ResponseWriter } from '../protocol/writer.js';
import { type RequestInfo } from './request-info.js';

/**
 * Answers a request with an error, in the shape of its API and version, without handling it.
 *
 * The API's own handler runs on an empty broker that nobody sees again, and every error code that it writes is replaced:
 * so each API, also one that is added later, has its error response without describing it a second time. It is what
 * Kafka does: a request that fails as a whole has the error in all places of its response.
 *
 * @returns the answer; where the response has no place for an error, `close`, the only way to tell
 * @throws {MalformedRequestError} the bytes do not follow the protocol
 */
export async function answerWithError(
  broker: Broker,
  request: ReceivedRequest,
  caller: Caller,
  code: ErrorCode,
): Promise<Reply> {
  const response = new FailingResponse(request.body.flexible, code);
  const reply = await dryRun(broker, { ...request, body: request.body.fork() }, caller, response);
  if (reply.kind !== 'respond' || response.hasError) return reply;
  return { kind: 'close', reason: `${request.api.name} has no place for an error` };
}

/**
 * Finds the names in a request, by running its handler as `answerWithError` does.
 * @throws {MalformedRequestError} the bytes do not follow the protocol
 */
export function describeRequest(broker: Broker, request: ReceivedRequest, caller: Caller): RequestInfo {
  const names: Record<NameKind, Set<string>> = {
    topic: new Set(),
    'topic-id': new Set(),
    group: new Set(),
    'transactional-id': new Set(),
  };
  const body = request.body.fork();
  body.onName = (kind, name) => names[kind].add(name);
  const reply = dryRun(broker, { ...request, body }, caller, new ResponseWriter(body.flexible));
  // Handlers read their request before they wait for anything; what else goes wrong shows when it is really handled.
  if (reply instanceof Promise) reply.catch(() => undefined);
  for (const id of names['topic-id']) {
    const topic = broker.topics.getById(id);
    if (topic !== undefined) names.topic.add(topic.name);
  }
  return {
    api: request.api.name,
    version: request.version,
    clientId: request.clientId,
    clientHost: caller.clientHost,
    topics: [...names.topic],
    groups: [...names.group],
    transactionalIds: [...names['transactional-id']],
  };
}

function dryRun(
  broker: Broker,
  request: ReceivedRequest,
  caller: Caller,
  response: ResponseWriter,
): Reply | Promise<Reply> {
  const clock = new HastyClock(broker.settings.clock.now());
  const settings = { ...broker.settings, autoCreateTopics: false, initialRebalanceDelayMs: 0, clock };
  const empty = new Broker(settings, broker.clusterId);
  empty.port = broker.port;
  const reply = handleRequest(empty, request, caller, response);
  if (reply instanceof Promise) return reply.finally(() => clock.end());
  clock.end();
  return reply;
}

/** Writes one error in place of all codes. */
class FailingResponse extends ResponseWriter {
  hasError = false;

  constructor(
    flexible: boolean,
    private readonly code: ErrorCode,
  ) {
    super(flexible);
  }

  override errorCode(): this {
    this.hasError = true;
    return super.errorCode(this.code);
  }
}

/** Lets every wait be over at once, until the request is answered; then nothing runs any more. */
class HastyClock implements Clock {
  private isEnded = false;

  constructor(private readonly time: number) {}

  now(): number {
    return this.time;
  }

  startTimer(_delayMs: number, action: () => void) {
    let isCancelled = false;
    setImmediate(() => {
      if (!isCancelled && !this.isEnded) action();
    });
    return { cancel: () => void (isCancelled = true) };
  }

  end(): void {
    this.isEnded = true;
  }
}
