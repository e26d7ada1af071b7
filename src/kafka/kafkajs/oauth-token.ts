import { BrokerError } from '../../errors.js';
import type { SaslOptions } from '../driver.js';

type OauthOptions = Extract<SaslOptions, { mechanism: 'oauthbearer' }>;

export interface OauthToken {
  value: string;
  extensions?: Record<string, string>;
}

interface HeldToken {
  readonly token: OauthToken;
  /** Milliseconds since 1970: when to fetch the next one. */
  readonly renewAt: number;
}

const requestTimeoutMs = 10_000;
/** Of a token's life; after that a new one is fetched. The same share as librdkafka. */
const usableShare = 0.8;
const credentialsAdvice =
  'check sasl.oauthbearer.client.id, sasl.oauthbearer.client.secret and sasl.oauthbearer.scope';

/**
 * Fetches tokens by OIDC client credentials (RFC 6749 section 4.4) and keeps each until 80 % of its life is over.
 * kafkajs asks at each connection and re-authentication; calls at the same time share one request.
 *
 * @returns a function that throws `BrokerError`: not retriable when the endpoint refuses the credentials
 */
export function createTokenProvider(
  options: OauthOptions,
  now: () => number = Date.now,
): () => Promise<OauthToken> {
  let held: HeldToken | undefined;
  let fetching: Promise<HeldToken> | undefined;
  return async () => {
    if (held !== undefined && now() < held.renewAt) return held.token;
    fetching ??= fetchToken(options, now).finally(() => (fetching = undefined));
    held = await fetching;
    return held.token;
  };
}

async function fetchToken(options: OauthOptions, now: () => number): Promise<HeldToken> {
  const startedAt = now();
  const answer = await requestToken(options);
  const value = answer['access_token'];
  if (typeof value !== 'string' || value === '')
    throw tokenError(options, 'its answer has no access_token', false);
  const lifeSeconds = Number(answer['expires_in'] ?? 60);
  const lifeMs = Number.isFinite(lifeSeconds) && lifeSeconds > 0 ? lifeSeconds * 1000 : 60_000;
  const token: OauthToken = { value };
  if (options.extensions !== undefined) token.extensions = options.extensions;
  return { token, renewAt: startedAt + lifeMs * usableShare };
}

async function requestToken(options: OauthOptions): Promise<Record<string, unknown>> {
  const body = new URLSearchParams({ grant_type: 'client_credentials' });
  if (options.scope !== undefined) body.set('scope', options.scope);
  const response = await fetch(options.tokenEndpointUrl, {
    method: 'POST',
    headers: {
      authorization: `Basic ${basicCredentials(options)}`,
      accept: 'application/json',
      'content-type': 'application/x-www-form-urlencoded',
    },
    body,
    signal: AbortSignal.timeout(requestTimeoutMs),
  }).catch((error: unknown) => Promise.reject(tokenError(options, unreachable(error), true, error)));
  const text = await response
    .text()
    .catch((error: unknown) => Promise.reject(tokenError(options, unreachable(error), true, error)));
  if (!response.ok) {
    const isRefused =
      response.status >= 400 && response.status < 500 && ![408, 429].includes(response.status);
    const advice = isRefused ? `; ${credentialsAdvice}` : '';
    throw tokenError(options, `HTTP ${response.status} ${errorField(text)}`.trim() + advice, !isRefused);
  }
  return parseObject(text) ?? Promise.reject(tokenError(options, 'its answer is not JSON', true));
}

/** RFC 6749 section 2.3.1: both are form-encoded before they are joined. */
function basicCredentials({ clientId, clientSecret }: OauthOptions): string {
  const encode = (text: string) => new URLSearchParams({ a: text }).toString().slice(2);
  return Buffer.from(`${encode(clientId)}:${encode(clientSecret)}`).toString('base64');
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** Only the standard's error code: the rest of an answer might echo the secret. */
function errorField(text: string): string {
  const code = parseObject(text)?.['error'];
  return typeof code === 'string' ? code.slice(0, 80) : '';
}

function unreachable(error: unknown): string {
  const { cause, message } = error as Error;
  return cause instanceof Error && cause.message !== '' ? cause.message : message;
}

function tokenError(options: OauthOptions, reason: string, retriable: boolean, cause?: unknown): BrokerError {
  const { origin, pathname } = new URL(options.tokenEndpointUrl);
  return new BrokerError(`cannot get a token from ${origin}${pathname}: ${reason}`, { retriable, cause });
}
