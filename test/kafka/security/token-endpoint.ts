import { generateKeyPairSync, sign } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

const lifeSeconds = 300;
const keyId = 'test-key';
export const audience = 'kafka';

/**
 * An OpenID provider, as far as Kafka's clients and brokers use one: `/token` for client credentials, `/keys` for those
 * who check its signatures. Tokens are RS256.
 */
export class TokenEndpoint {
  readonly #server: Server;
  readonly #keys = generateKeyPairSync('rsa', { modulusLength: 2048 });
  readonly #clients: Readonly<Record<string, string>>;
  /** Tokens that were given out. */
  readonly issued: string[] = [];

  private constructor(clients: Readonly<Record<string, string>>) {
    this.#clients = clients;
    this.#server = createServer((request, response) => void this.#answer(request, response));
  }

  /** @param clients their ids with their secrets; the id becomes the user's name */
  static async start(clients: Readonly<Record<string, string>>): Promise<TokenEndpoint> {
    const endpoint = new TokenEndpoint(clients);
    endpoint.#server.listen(0, '127.0.0.1');
    await once(endpoint.#server, 'listening');
    return endpoint;
  }

  get #origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get tokenUrl(): string {
    return `${this.#origin}/token`;
  }

  get keysUrl(): string {
    return `${this.#origin}/keys`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = '';
    for await (const part of request) body += String(part);
    const [status, answer] = request.url === '/keys' ? [200, this.#jwks()] : this.#token(request, body);
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
  }

  #jwks(): object {
    return {
      keys: [{ ...this.#keys.publicKey.export({ format: 'jwk' }), kid: keyId, use: 'sig', alg: 'RS256' }],
    };
  }

  #token({ headers }: IncomingMessage, body: string): [number, object] {
    const credentials = Buffer.from((headers.authorization ?? '').replace('Basic ', ''), 'base64').toString();
    const [id, secret] = credentials.split(':').map(decodeURIComponent);
    if (new URLSearchParams(body).get('grant_type') !== 'client_credentials')
      return [400, { error: 'unsupported_grant_type' }];
    if (secret === undefined || this.#clients[id!] !== secret) return [401, { error: 'invalid_client' }];
    const token = this.#jwt(id!);
    this.issued.push(token);
    return [200, { access_token: token, token_type: 'Bearer', expires_in: lifeSeconds }];
  }

  #jwt(subject: string): string {
    const now = Math.floor(Date.now() / 1000);
    const claims = { sub: subject, aud: audience, iat: now, exp: now + lifeSeconds, scope: 'files' };
    const text = [{ alg: 'RS256', typ: 'JWT', kid: keyId }, claims]
      .map(part => Buffer.from(JSON.stringify(part)).toString('base64url'))
      .join('.');
    return `${text}.${sign('sha256', Buffer.from(text), this.#keys.privateKey).toString('base64url')}`;
  }
}
