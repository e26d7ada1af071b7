import kafkajs from 'kafkajs';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { once } from 'node:events';
import { afterEach, expect, test } from 'vitest';
import { findWrongProtocol } from '../../src/kafka/kafkajs/find-wrong-protocol.js';

const { KafkaJSConnectionError } = kafkajs;
const closed = new KafkaJSConnectionError('Closed connection', {});
const plain = { mechanism: 'plain', username: 'u', password: 'p' } as const;

const servers: Server[] = [];
afterEach(() => servers.splice(0).forEach(server => server.close()));

/** @param answer to what was sent first; null: ends the connection. @returns its address */
async function listen(answer: ((request: Buffer) => Buffer) | null): Promise<string> {
  const server = createServer((socket: Socket) => {
    socket.on('error', () => undefined);
    socket.once('data', request => (answer === null ? socket.destroy() : socket.end(answer(request))));
  }).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Answers SaslHandshake. */
const saslListener =
  (errorCode: number, mechanisms: readonly string[]) =>
  (request: Buffer): Buffer => {
    const names = mechanisms.map(name => Buffer.concat([Buffer.from([0, name.length]), Buffer.from(name)]));
    const body = Buffer.concat([
      request.subarray(8, 12),
      Buffer.from([0, errorCode, 0, 0, 0, mechanisms.length]),
      ...names,
    ]);
    return Buffer.concat([Buffer.from([0, 0, 0, body.length]), body]);
  };

test('a port that wants SASL is told from one that does not', async () => {
  const broker = await listen(saslListener(33, ['PLAIN', 'SCRAM-SHA-256']));
  const found = await findWrongProtocol({ brokers: [broker] }, closed);
  expect(found).toMatchObject({
    retriable: false,
    message:
      `${broker} speaks SASL_PLAINTEXT, not PLAINTEXT: write security.protocol = SASL_PLAINTEXT ` +
      'and a sasl.mechanism of PLAIN, SCRAM-SHA-256, or use another port',
  });
});

test('a port without TLS is told to who comes with TLS', async () => {
  const broker = await listen(saslListener(34, []));
  const found = await findWrongProtocol({ brokers: [broker], tls: true, sasl: plain }, closed);
  expect(found?.message).toBe(
    `${broker} speaks PLAINTEXT, not SASL_SSL: write security.protocol = PLAINTEXT, or use another port`,
  );
});

test('nothing is said when one of the brokers is spoken to in the right way', async () => {
  const brokers = [await listen(saslListener(33, ['PLAIN'])), await listen(saslListener(34, []))];
  expect(await findWrongProtocol({ brokers }, closed)).toBeUndefined();
});

test('nothing is said of a port that is not understood, or that nobody listens on', async () => {
  const garbage = await listen(() => Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'));
  const silent = await listen(null);
  const brokers = [garbage, silent, '127.0.0.1:1'];
  expect(await findWrongProtocol({ brokers }, closed)).toBeUndefined();
});

test('ports are asked only after a connection was ended', async () => {
  const broker = await listen(saslListener(33, ['PLAIN']));
  const refused = new KafkaJSConnectionError('connect ECONNREFUSED 127.0.0.1:1', { code: 'ECONNREFUSED' });
  expect(await findWrongProtocol({ brokers: [broker] }, refused)).toBeUndefined();
});
