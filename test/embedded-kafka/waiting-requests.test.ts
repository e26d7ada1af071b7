import { type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { expect, it } from 'vitest';
import { Broker } from '../../src/embedded-kafka/broker.js';
import { Connection } from '../../src/embedded-kafka/connection.js';
import { brokerSettings } from '../../src/embedded-kafka/options.js';
import { ResponseWriter } from '../../src/embedded-kafka/protocol/writer.js';

/** A connection whose first request, a Fetch for a topic without records, waits for a minute. */
function busyConnection() {
  const broker = new Broker(brokerSettings({}));
  broker.topics.create({ name: 't', partitionCount: 1 });
  const stream = new Duplex({ read: () => undefined, write: (_bytes, _encoding, done) => done() });
  const socket = Object.assign(stream, { setNoDelay: () => undefined, remoteAddress: '127.0.0.1' });
  const connection = new Connection(socket as unknown as Socket, broker);
  const fetch = new ResponseWriter().int16(1).int16(4).int32(1).string('raw');
  fetch.int32(-1).int32(60_000).int32(1).int32(1_000_000).int8(0);
  fetch.structs(['t'], name => {
    fetch.string(name).structs([0], index => fetch.int32(index).int64(0n).int32(1_000_000));
  });
  receive(socket, Buffer.concat(fetch.finish()));
  return { socket, connection };
}

function receive(socket: Duplex, request: Buffer): void {
  const length = Buffer.alloc(4);
  length.writeInt32BE(request.length);
  socket.emit('data', Buffer.concat([length, request]));
}

it('large requests behind one that waits are not read one after the other into memory', () => {
  const { socket, connection } = busyConnection();
  receive(socket, Buffer.alloc(600_000));
  expect(socket.isPaused()).toBe(false);
  receive(socket, Buffer.alloc(600_000));
  expect(socket.isPaused()).toBe(true);
  connection.close();
});

it('neither are many small ones', () => {
  const { socket, connection } = busyConnection();
  for (let count = 0; count < 64; count++) receive(socket, Buffer.alloc(10));
  expect(socket.isPaused()).toBe(false);
  receive(socket, Buffer.alloc(10));
  expect(socket.isPaused()).toBe(true);
  connection.close();
});
