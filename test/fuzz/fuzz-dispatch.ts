import { setMaxListeners } from 'node:events';
import { setImmediate as breathe } from 'node:timers/promises';
import { Broker } from '../../src/embedded-kafka/broker.js';
import { dispatch } from '../../src/embedded-kafka/dispatch.js';
import { type Reply } from '../../src/embedded-kafka/handle-request.js';
import { brokerSettings } from '../../src/embedded-kafka/options.js';
import { MalformedRequestError } from '../../src/embedded-kafka/protocol/malformed-request-error.js';
import { VirtualClock } from '../../src/embedded-kafka/virtual-clock.js';
import { RequestMaker } from './request-maker.js';

export type FuzzResult =
  | {
      readonly kind: 'passed';
      readonly requestCount: number;
      readonly answeredCount: number;
      readonly malformedCount: number;
      readonly closedCount: number;
    }
  | {
      readonly kind: 'failed';
      readonly requestCount: number;
      readonly frame: Buffer;
      readonly reason: string;
    };

/** Requests that one broker gets before a new one takes its place, so that memory tells what one keeps. */
const requestsPerBroker = 2_000;

/**
 * Gives damaged requests to brokers, one after the other, until `goesOn` says no.
 * @param seed - the same one makes the same requests
 */
export async function fuzzDispatch(seed: number, goesOn: () => boolean): Promise<FuzzResult> {
  const maker = new RequestMaker(seed);
  const counts = { answeredCount: 0, malformedCount: 0, closedCount: 0 };
  let requestCount = 0;
  while (goesOn()) {
    const clock = new VirtualClock({ startMs: 0 });
    const broker = new Broker(brokerSettings({ clock, maxPartitionBytes: 1_000_000 }));
    broker.topics.create({ name: 't', partitionCount: 2 });
    const closing = new AbortController();
    setMaxListeners(0, closing.signal); // one connection has one waiting request, but here all have the same
    const late: { readonly frame: Buffer; readonly reason: string }[] = [];
    for (let index = 0; index < requestsPerBroker; index++) {
      const frame = maker.next();
      requestCount++;
      try {
        const reply = dispatch(broker, frame, { clientHost: '127.0.0.1', closed: closing.signal });
        if (reply instanceof Promise) {
          reply.then(
            settled => {
              const reason = problemOf(settled);
              if (reason !== undefined) late.push({ frame, reason });
            },
            (error: unknown) => {
              if (!(error instanceof MalformedRequestError)) late.push({ frame, reason: String(error) });
            },
          );
          continue;
        }
        const reason = problemOf(reply);
        if (reason !== undefined) return { kind: 'failed', requestCount, frame, reason };
        if (reply.kind === 'respond') counts.answeredCount++;
        else counts.closedCount++;
      } catch (error) {
        if (!(error instanceof MalformedRequestError)) {
          const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
          return { kind: 'failed', requestCount, frame, reason };
        }
        counts.malformedCount++;
      }
    }
    clock.advance(3_600_000);
    closing.abort();
    await breathe();
    if (late[0] !== undefined) return { kind: 'failed', requestCount, ...late[0] };
  }
  return { kind: 'passed', requestCount, ...counts };
}

/** What is wrong with an answer, if something is. */
function problemOf(reply: Reply): string | undefined {
  if (reply.kind !== 'respond') return undefined;
  const byteLength = reply.buffers.reduce((sum, { length }) => sum + length, 0);
  if (byteLength !== reply.byteLength) return `an answer of ${byteLength} bytes says ${reply.byteLength}`;
  const correlationId = Buffer.concat([...reply.buffers]).readInt32BE(0);
  return correlationId === RequestMaker.correlationId ? undefined : `an answer to request ${correlationId}`;
}
