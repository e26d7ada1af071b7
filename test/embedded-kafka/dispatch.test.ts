import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { apis } from '../../src/embedded-kafka/apis/registry.js';
import { Broker } from '../../src/embedded-kafka/broker.js';
import { dispatch } from '../../src/embedded-kafka/dispatch.js';
import { brokerSettings } from '../../src/embedded-kafka/options.js';
import { MalformedRequestError } from '../../src/embedded-kafka/protocol/malformed-request-error.js';
import { ResponseWriter } from '../../src/embedded-kafka/protocol/writer.js';
import { VirtualClock } from '../../src/embedded-kafka/virtual-clock.js';

const caller = { clientHost: '127.0.0.1', closed: new AbortController().signal };
const served = apis.flatMap(({ key, versions: [min, max] }) =>
  Array.from({ length: max - min + 1 }, (_, index) => ({ key, version: min + index })),
);
/** Small numbers make lengths that fit, so that decoding gets past the first field. */
const smallBytes = fc.array(fc.oneof(fc.constant(0), fc.nat({ max: 6 }), fc.nat({ max: 255 })), {
  maxLength: 120,
});

describe('dispatch', () => {
  it('answers any bytes behind a header, or finds them malformed, and nothing else', () => {
    fc.assert(
      fc.property(fc.constantFrom(...served), smallBytes, ({ key, version }, bytes) => {
        const broker = new Broker(brokerSettings({ clock: new VirtualClock({ startMs: 0 }) }));
        broker.topics.create({ name: 't', partitionCount: 1 });
        const header = new ResponseWriter().int16(key).int16(version).int32(7).finish();
        try {
          const reply = dispatch(broker, Buffer.concat([...header, Buffer.from(bytes)]), caller);
          if (reply instanceof Promise) reply.catch((error: unknown) => expectMalformed(error));
          else expectWellFormed(reply);
        } catch (error) {
          expectMalformed(error);
        }
      }),
      { numRuns: 5_000 },
    );
  });
});

function expectMalformed(error: unknown): void {
  if (!(error instanceof MalformedRequestError)) throw error;
}

function expectWellFormed(reply: Awaited<ReturnType<typeof dispatch>>): void {
  if (reply.kind !== 'respond') return;
  const bytes = Buffer.concat(reply.buffers);
  expect(bytes.length).toBe(reply.byteLength);
  expect(bytes.readInt32BE(0)).toBe(7);
}
