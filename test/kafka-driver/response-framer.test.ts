import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { ClientSockets } from '../../src/kafka/kafkajs/client-sockets.js';
import { internals, type Connection } from '../../src/kafka/kafkajs/kafkajs-internals.js';
import { ResponseFramer, ResponseLengthError } from '../../src/kafka/kafkajs/response-framer.js';
import { SocketTrouble } from '../../src/kafka/kafkajs/socket-trouble.js';
import { patchKafkajs } from '../../src/kafka/kafkajs/patches/patch-kafkajs.js';
import { wasGivenBack } from '../../src/kafka/kafkajs/patches/whole-responses.js';

const kib = 1024;
/** Around the size from which a response is read into a buffer of its own, and far above. */
const bodyBytes = fc.oneof(
  fc.integer({ min: 0, max: 40 }),
  fc.integer({ min: 16 * kib - 12, max: 16 * kib + 12 }),
  fc.integer({ min: 0, max: 200 * kib }),
);
const bodies = fc
  .array(bodyBytes, { minLength: 1, maxLength: 8 })
  .map(sizes => sizes.map((size, index) => Buffer.alloc(size, index + 1)));
/** How much the socket gives at once. */
const readSizes = fc.array(fc.integer({ min: 1, max: 64 * kib }), { minLength: 1, maxLength: 20 });

function frame(body: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(body.length);
  return Buffer.concat([length, body]);
}

/** Writes the stream where the framer says, as a socket that has so many bytes at a time would. */
function feed(framer: ResponseFramer, stream: Buffer, sizes: readonly number[]): void {
  let at = 0;
  for (let turn = 0; at < stream.length; turn += 1) {
    const target = framer.nextTarget();
    expect(target.length).toBeGreaterThan(0);
    const copied = stream.copy(target, 0, at, at + Math.min(sizes[turn % sizes.length]!, target.length));
    at += copied;
    framer.advance(copied);
  }
}

describe('the responses of a connection', () => {
  test('come out whole, in order and unchanged, however the bytes arrive', () => {
    fc.assert(
      fc.property(bodies, readSizes, (sent, sizes) => {
        const got: Buffer[] = [];
        const framer = new ResponseFramer(response => got.push(response));
        const frames = sent.map(frame);
        feed(framer, Buffer.concat(frames), sizes);
        expect(got.map(response => response.equals(frames[got.indexOf(response)]!))).toEqual(
          frames.map(() => true),
        );
      }),
    );
  });

  test('never change after they were handed out', () => {
    const got: Buffer[] = [];
    const framer = new ResponseFramer(response => got.push(response));
    const frames = [10, 20_000, 30, 20_000, 40].map((size, index) => frame(Buffer.alloc(size, index + 1)));
    feed(framer, Buffer.concat(frames), [50_000]);
    expect(Buffer.concat(got)).toEqual(Buffer.concat(frames));
  });

  test.each([-1, 0x4854_5450, 0x7fff_ffff])('with length %i are refused', length => {
    const framer = new ResponseFramer(() => undefined);
    framer.nextTarget().writeInt32BE(length);
    expect(() => framer.advance(4)).toThrow(
      new ResponseLengthError(
        `the answer begins with length ${length}: this is not Kafka, or it wants TLS (security.protocol)`,
      ),
    );
  });
});

async function listen(answer: Buffer) {
  const server = createServer(socket => socket.end(answer));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, port: (server.address() as AddressInfo).port };
}

function connectTo(port: number) {
  const ssl = null as unknown as never;
  return new ClientSockets(new SocketTrouble()).open({
    host: '127.0.0.1',
    port,
    ssl,
    onConnect: () => undefined,
  });
}

describe('a socket of a client', () => {
  test('gives each response in one event, small ones and large ones', async () => {
    const frames = [3, 700_000, 0, 16_384, 2_000_000, 5].map((size, index) =>
      frame(Buffer.alloc(size, index)),
    );
    const { server, port } = await listen(Buffer.concat(frames));
    const socket = connectTo(port);
    const got: Buffer[] = [];
    socket.on('data', response => got.push(response));
    await once(socket, 'close');
    server.close();
    expect(got.map(({ length }) => length)).toEqual(frames.map(({ length }) => length));
    expect(Buffer.concat(got).equals(Buffer.concat(frames))).toBe(true);
  });

  test('ends with an error that tells why when the other side does not speak the protocol', async () => {
    const { server, port } = await listen(Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'));
    const socket = connectTo(port);
    const [error] = (await once(socket, 'error')) as [Error];
    server.close();
    expect(error.message).toBe(
      'the answer begins with length 1213486160: this is not Kafka, or it wants TLS (security.protocol)',
    );
  });
});

describe('kafkajs', () => {
  /** What a connection needs to take bytes in. */
  function connection(fulfilled: [correlationId: number, payload: string][]): Connection {
    patchKafkajs();
    const fields = {
      chunks: [],
      bytesBuffered: 0,
      bytesNeeded: 4,
      authHandlers: null,
      socket: {},
      requestQueue: {
        inflight: new Map(),
        fulfillRequest: ({ correlationId, payload }: { correlationId: number; payload: Buffer }) =>
          fulfilled.push([correlationId, payload.toString('latin1')]),
      },
    };
    return Object.assign(Object.create(internals.connection!) as Connection, fields);
  }

  test('answers the same requests with the same bytes, whole or in pieces', () => {
    const response = fc.tuple(fc.nat(0x7fff_ffff), fc.uint8Array({ maxLength: 50 }));
    const cuts = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 10 });
    fc.assert(
      fc.property(fc.array(response, { minLength: 1, maxLength: 6 }), cuts, (responses, sizes) => {
        const frames = responses.map(([id, payload]) => {
          const header = Buffer.alloc(4);
          header.writeInt32BE(id);
          return frame(Buffer.concat([header, payload]));
        });
        const expected = responses.map(([id, payload]) => [id, Buffer.from(payload).toString('latin1')]);
        const whole: [number, string][] = [];
        const byFrame = connection(whole);
        for (const bytes of frames) byFrame.processData(bytes);
        expect(whole).toEqual(expected);

        const pieces: [number, string][] = [];
        const byPiece = connection(pieces);
        const stream = Buffer.concat(frames);
        for (let at = 0, turn = 0; at < stream.length; turn += 1) {
          const size = sizes[turn % sizes.length]!;
          byPiece.processData(stream.subarray(at, at + size));
          at += size;
        }
        expect(pieces).toEqual(expected);
      }),
    );
  });

  test('takes a response that arrives whole without copying it', () => {
    const got: Buffer[] = [];
    const taking = connection([]);
    Object.assign(taking.requestQueue, {
      fulfillRequest: ({ payload }: { payload: Buffer }) => got.push(payload),
    });
    const bytes = [1, 2].map(() => frame(Buffer.alloc(100)));
    for (const response of bytes) taking.processData(response);
    expect(got.map(({ buffer }) => buffer)).toEqual(bytes.map(({ buffer }) => buffer));
    expect(got.every((payload, index) => payload.buffer === bytes[index]!.buffer)).toBe(true);
  });
});

describe('memory that was given back', () => {
  const large = (fill: number, byteLength = 300_000) => frame(Buffer.alloc(byteLength, fill));

  function framing() {
    const got: Buffer[] = [];
    return { framer: new ResponseFramer(response => got.push(response)), got };
  }

  test('holds a later response, and whoever still looks at the first one finds it empty', () => {
    const { framer, got } = framing();
    feed(framer, large(1), [50_000]);
    const [first] = got;
    const value = first!.subarray(100, 200);
    framer.giveBack(first!);
    expect([first!.length, value.length, wasGivenBack({ key: null, value })]).toEqual([0, 0, true]);
    const allocated = vi.spyOn(Buffer, 'allocUnsafeSlow');
    feed(framer, large(2, 200_000), [50_000]);
    expect(allocated).not.toHaveBeenCalled();
    allocated.mockRestore();
    expect(got[1]!.equals(large(2, 200_000))).toBe(true);
    expect([first!.length, value.length]).toEqual([0, 0]);
  });

  test('is not used for a response that is larger', () => {
    const { framer, got } = framing();
    feed(framer, large(1), [50_000]);
    framer.giveBack(got[0]!);
    feed(framer, large(2, 400_000), [50_000]);
    expect(got[1]!.equals(large(2, 400_000))).toBe(true);
  });

  test('is only that of Fetch responses, when the next one is there', async () => {
    patchKafkajs();
    const { server, port } = await listen(Buffer.alloc(0));
    const socket = connectTo(port);
    const apiKeys = new Map([
      [1, 1],
      [2, 3],
      [3, 1],
    ]);
    const payloads: Buffer[] = [];
    const fields = {
      bytesBuffered: 0,
      authHandlers: null,
      socket,
      requestQueue: {
        inflight: new Map([...apiKeys].map(([id, apiKey]) => [id, { entry: { apiKey } }])),
        fulfillRequest: ({ payload }: { payload: Buffer }) => payloads.push(payload),
      },
    };
    const receiving = Object.assign(Object.create(internals.connection!) as Connection, fields);
    const lengths: number[][] = [];
    for (const id of apiKeys.keys()) {
      const body = Buffer.allocUnsafeSlow(300_004);
      body.writeInt32BE(300_000);
      body.writeInt32BE(id, 4);
      receiving.processData(body);
      lengths.push(payloads.map(({ length }) => length));
    }
    socket.destroy();
    server.close();
    expect(lengths).toEqual([[299_996], [299_996, 299_996], [0, 299_996, 299_996]]);
  });
});
