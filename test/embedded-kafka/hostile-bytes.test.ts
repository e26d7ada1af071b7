import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type EmbeddedKafka } from '../../src/embedded-kafka/index.js';
import { ResponseWriter } from '../../src/embedded-kafka/protocol/writer.js';
import { RawClient } from './raw-client.js';
import { startBroker } from './with-kafkajs.js';

/** Most memory that a test may leave in use above what was in use before. */
const allowedBytes = 100_000_000;

async function expectServed(broker: EmbeddedKafka): Promise<void> {
  const client = await RawClient.connect(broker.port);
  client.send(18, 0, 7, new ResponseWriter());
  expect((await client.receive()).int32()).toBe(7);
}

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Of this process, outside of the JavaScript heap too; without what other tests left, which may be collected at any time, or not. */
function usedBytes(): number {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

describe('a broker that is sent', () => {
  it('random bytes answers or closes, and goes on serving', async () => {
    const { broker } = await startBroker();
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 4, maxLength: 400 }), async bytes => {
        const client = await RawClient.connect(broker.port);
        client.socket.end(bytes);
        await client.closed;
      }),
      { numRuns: 300 },
    );
    await expectServed(broker);
  });

  it('half requests keeps nothing of them when the client is gone', async () => {
    const { broker } = await startBroker();
    const before = usedBytes();
    for (let round = 0; round < 40; round++) {
      const client = await RawClient.connect(broker.port);
      client.socket.write(Buffer.concat([lengthOf(50_000_000), Buffer.alloc(3_000_000)]), () =>
        client.socket.destroy(),
      );
      await client.closed;
    }
    await expectServed(broker);
    expect(usedBytes() - before).toBeLessThan(allowedBytes);
  });

  it('a length of 2 GiB closes at once, without making room for it', async () => {
    const { broker } = await startBroker();
    const before = usedBytes();
    for (const length of [2 ** 31 - 1, 104_857_601, -1, 0]) {
      const client = await RawClient.connect(broker.port);
      client.socket.write(lengthOf(length));
      await client.closed;
    }
    expect(usedBytes() - before).toBeLessThan(allowedBytes);
    await expectServed(broker);
  });

  it('the largest length and nothing more makes no room for it', async () => {
    const { broker } = await startBroker();
    const before = usedBytes();
    for (let index = 0; index < 50; index++) {
      const client = await RawClient.connect(broker.port);
      client.socket.write(lengthOf(104_857_600));
    }
    await expectServed(broker);
    expect(usedBytes() - before).toBeLessThan(allowedBytes);
  });

  it('nothing by 1,000 connections serves the next one', async () => {
    const { broker } = await startBroker();
    const before = usedBytes();
    const idle = await Promise.all(Array.from({ length: 1_000 }, () => RawClient.connect(broker.port)));
    await expectServed(broker);
    expect(idle.every(({ socket }) => !socket.destroyed)).toBe(true);
    expect(usedBytes() - before).toBeLessThan(allowedBytes);
  });

  it('requests by a client that never reads stops reading from it', async () => {
    const { broker } = await startBroker();
    const client = await RawClient.connect(broker.port);
    client.socket.pause();
    const before = usedBytes();
    const batch = new ResponseWriter();
    for (let index = 0; index < 2_000; index++)
      batch.int32(14).int16(18).int16(0).int32(index).string('raw').int8(0);
    const requests = Buffer.concat(batch.finish());
    for (let round = 0; round < 400; round++) client.socket.write(requests);
    for (let round = 0; round < 200; round++) await expectServed(broker);
    expect(usedBytes() - before).toBeLessThan(allowedBytes);
  });
});

function lengthOf(byteLength: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(byteLength);
  return bytes;
}
