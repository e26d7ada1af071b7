import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createTokenProvider } from '../../src/kafka/kafkajs/oauth-token.js';

let server: Server;
let url: string;
let answer: { status: number; body: string };
let requests: { authorization: string | undefined; body: string }[];

beforeEach(async () => {
  requests = [];
  answer = { status: 200, body: JSON.stringify({ access_token: 'one', expires_in: 100 }) };
  server = createServer((request, response) => {
    void bodyOf(request).then(body => {
      requests.push({ authorization: request.headers.authorization, body });
      response.writeHead(answer.status).end(answer.body);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as { port: number }).port}/token`;
});

afterEach(() => {
  server.closeAllConnections();
  server.close();
});

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const part of request) body += String(part);
  return body;
}

const options = () => ({
  mechanism: 'oauthbearer' as const,
  tokenEndpointUrl: url,
  clientId: 'lab:1',
  clientSecret: 'top secret',
});

test('asks for a token with the client credentials, scope included', async () => {
  const token = createTokenProvider({ ...options(), scope: 'kafka', extensions: { pool: 'p' } });
  expect(await token()).toEqual({ value: 'one', extensions: { pool: 'p' } });
  const credentials = Buffer.from('lab%3A1:top+secret').toString('base64');
  expect(requests).toEqual([
    { authorization: `Basic ${credentials}`, body: 'grant_type=client_credentials&scope=kafka' },
  ]);
});

test('keeps a token for 80 % of its life, and shares a request under way', async () => {
  let now = 0;
  const token = createTokenProvider(options(), () => now);
  await Promise.all([token(), token()]);
  now = 79_999;
  expect((await token()).value).toBe('one');
  expect(requests).toHaveLength(1);
  answer.body = JSON.stringify({ access_token: 'two', expires_in: 100 });
  now = 80_000;
  expect((await token()).value).toBe('two');
  expect(requests).toHaveLength(2);
});

test.each([
  [
    401,
    '{"error":"invalid_client","error_description":"secret top secret"}',
    'HTTP 401 invalid_client; check sasl.oauthbearer.client.id, sasl.oauthbearer.client.secret and sasl.oauthbearer.scope',
    false,
  ],
  [503, 'down', 'HTTP 503', true],
  [200, 'not json', 'its answer is not JSON', true],
  [200, '{}', 'its answer has no access_token', false],
])('HTTP %d %s', async (status, body, reason, retriable) => {
  answer = { status, body };
  const error: unknown = await createTokenProvider(options())().catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ name: 'BrokerError', retriable });
  expect((error as Error).message).toBe(`cannot get a token from ${url}: ${reason}`);
});

test('an endpoint that cannot be reached is tried again by the next call', async () => {
  const token = createTokenProvider(options());
  answer = { status: 503, body: '' };
  await expect(token()).rejects.toThrow('HTTP 503');
  answer = { status: 200, body: '{"access_token":"late"}' };
  expect((await token()).value).toBe('late');
});
