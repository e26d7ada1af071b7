import { type Broker } from '../broker.js';
import { handleRequest, type Caller, type ReceivedRequest, type Reply } from '../handle-request.js';
import { errorCodes } from '../protocol/error-codes.js';
import { answerWithError, describeRequest } from './dry-run.js';
import { type Fault } from './fault.js';

const noResponse: Reply = { kind: 'no-response' };
const closed: Reply = { kind: 'close', reason: 'a fault closes the connection' };

/**
 * Handles one request, or does to it what an armed fault says.
 * @throws {MalformedRequestError} the bytes do not follow the protocol
 */
export function handleWithFaults(
  broker: Broker,
  request: ReceivedRequest,
  caller: Caller,
): Reply | Promise<Reply> {
  const fault = broker.faults.take(request.api.name, () => describeRequest(broker, request, caller));
  return fault === undefined
    ? handleRequest(broker, request, caller)
    : disturb(broker, request, caller, fault);
}

async function disturb(
  broker: Broker,
  request: ReceivedRequest,
  caller: Caller,
  fault: Fault,
): Promise<Reply> {
  const { options } = fault;
  const handle = (): Reply | Promise<Reply> => handleRequest(broker, request, caller);
  /** What the test waits for with `fired` is done. */
  const fire = (reply: Reply): Reply => {
    fault.noteFired();
    return reply;
  };
  if ('error' in options) {
    const refusal = await answerWithError(broker, request, caller, errorCodes[options.error]);
    if (options.isHandled === true) await handle();
    return fire(refusal);
  }
  if ('drop' in options) {
    if (options.drop === 'response') await handle();
    return fire(noResponse);
  }
  if ('close' in options) {
    if (options.close === 'after') await handle();
    return fire(closed);
  }
  const reply = 'hold' in options && options.hold === 'response' ? await handle() : undefined;
  const { clock } = broker.settings;
  const released = fault.hold(
    'delayMs' in options ? action => clock.startTimer(options.delayMs, action) : undefined,
  );
  fault.noteFired();
  return (await released) === 'drop' ? noResponse : (reply ?? handle());
}
