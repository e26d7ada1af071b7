import { type Encoder, internals } from '../kafkajs-internals.js';
import { processWide } from '../process-wide.js';

/** Stands for a header without value, which Kafka allows and kafkajs reads, but throws a TypeError at when it is to be sent. */
export const nullHeader = processWide('null header', () => Buffer.alloc(0));

/** Makes kafkajs write `nullHeader` as no value. Its length, which is counted before, takes one byte in both cases. */
export function sendNullHeaders(): void {
  const prototype = internals.Encoder?.prototype as Encoder | undefined;
  if (prototype === undefined) return;
  // eslint-disable-next-line @typescript-eslint/unbound-method -- called with its own `this`
  const original = prototype.writeVarIntBytes;
  prototype.writeVarIntBytes = function (this: Encoder, value: Buffer | string | null) {
    return original.call(this, value === nullHeader ? null : value);
  };
}
