import { createRequire } from 'node:module';
import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { internals } from '../../src/kafka/kafkajs/kafkajs-internals.js';
import { fastestCrc32c } from '../../src/kafka/kafkajs/patches/crc32c.js';
import { encodeProduce, type ProduceArguments } from '../../src/kafka/kafkajs/patches/lean-produce.js';

const load = createRequire(import.meta.url);
/** kafkajs's own, which no patch has changed: it is the request's file, not the table of requests. */
const plainRequest = load('kafkajs/src/protocol/requests/produce/v3/request.js') as (
  args: ProduceArguments,
) => { encode(): Promise<{ readonly buffer: Buffer }> };
const plainCrc32c = internals.crc32c!;
const nowMs = 1_700_000_000_123;

const bytes = fc.uint8Array({ maxLength: 300 }).map(content => Buffer.from(content));
const content = fc.oneof(bytes, fc.string(), fc.constant(null));
const header = fc.oneof(bytes, fc.string(), fc.array(bytes, { maxLength: 3 }));
const message = fc.record(
  {
    key: content,
    value: content,
    headers: fc.dictionary(fc.string({ minLength: 1, maxLength: 9 }), header, { maxKeys: 4 }),
    timestamp: fc.integer({ min: nowMs - 5_000_000, max: nowMs }).map(String),
  },
  { requiredKeys: ['value'] },
);
const partition = fc.record({
  partition: fc.nat(1000),
  firstSequence: fc.nat(),
  messages: fc.array(message, { minLength: 1, maxLength: 70 }),
});
const request = fc.record({
  acks: fc.constantFrom(-1, 1),
  timeout: fc.nat(60_000),
  transactionalId: fc.constantFrom(null, undefined, 'peaks-1'),
  producerId: fc.integer({ min: -1 }),
  producerEpoch: fc.nat(32_000),
  topicData: fc.array(
    fc.record({ topic: fc.string({ minLength: 1 }), partitions: fc.array(partition, { maxLength: 3 }) }),
    { maxLength: 3 },
  ),
});

test('a request has the bytes that kafkajs writes', async () => {
  vi.spyOn(Date, 'now').mockReturnValue(nowMs);
  await fc.assert(
    fc.asyncProperty(request, async args => {
      const { buffer } = await plainRequest(args as ProduceArguments).encode();
      expect(encodeProduce(args as ProduceArguments, plainCrc32c, nowMs).equals(buffer)).toBe(true);
    }),
  );
  vi.restoreAllMocks();
});

test('the compiled checksum is that of kafkajs for bytes of any length', () => {
  const fast = fastestCrc32c(plainCrc32c);
  expect(fast).not.toBe(plainCrc32c);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 5_000 }), each => {
      expect(fast(Buffer.from(each))).toBe(plainCrc32c(Buffer.from(each)));
    }),
  );
});

test('a compiled checksum that is wrong or missing is not used', () => {
  expect(fastestCrc32c(plainCrc32c, () => () => 7)).toBe(plainCrc32c);
  const missing = (): never => {
    throw new Error('no binary for this machine');
  };
  expect(fastestCrc32c(plainCrc32c, missing)).toBe(plainCrc32c);
});
