import kafkajs, { type KafkaConfig, type RetryOptions, type SASLOptions as KafkajsSasl } from 'kafkajs';
import type { ConnectionOptions as TlsConnectionOptions } from 'node:tls';
import type { Logger } from '../../logger.js';
import type { ConnectionOptions, SaslOptions, TlsOptions } from '../driver.js';
import { ClientSockets } from './client-sockets.js';
import { createLogCreator, kafkajsLogLevel } from './log-creator.js';
import { createTokenProvider } from './oauth-token.js';
import { seedAddress } from './seed-addresses.js';
import { SocketTrouble } from './socket-trouble.js';

const { Kafka } = kafkajs;

/**
 * Retries of connecting and of looking up metadata: about 4 s, so that "cannot reach Kafka" is reported soon. Who
 * wants to go on longer does so itself. All five are given, because kafkajs has other defaults under NODE_ENV=test.
 */
const connectionRetry: RetryOptions = {
  initialRetryTime: 200,
  maxRetryTime: 1_500,
  retries: 5,
  factor: 0.2,
  multiplier: 2,
};

/** A kafkajs client with its own connections and offset cache. */
export interface KafkaClient {
  readonly kafka: InstanceType<typeof Kafka>;
  /** Cuts all connections and makes no new ones, for what does not close in time. */
  destroy(): void;
}

/** @param retry in place of `connectionRetry` */
export type KafkaClientFactory = (retry?: RetryOptions) => KafkaClient;

/** @param trouble is told of the sockets of all clients */
export function createClientFactory(
  connection: ConnectionOptions,
  logger: Logger,
  trouble = new SocketTrouble(),
): KafkaClientFactory {
  const config = kafkaConfig(connection, logger);
  return (retry = connectionRetry) => {
    const sockets = new ClientSockets(trouble);
    const kafka = new Kafka({ ...config, retry, socketFactory: options => sockets.open(options) });
    return { kafka, destroy: () => sockets.destroy() };
  };
}

/** kafkajs's configuration; one token provider serves all clients made from it. */
function kafkaConfig(connection: ConnectionOptions, logger: Logger): KafkaConfig {
  const config: KafkaConfig = {
    clientId: connection.clientId,
    brokers: connection.brokers.map(seedAddress),
    connectionTimeout: connection.connectionTimeoutMs,
    authenticationTimeout: connection.connectionTimeoutMs,
    requestTimeout: connection.requestTimeoutMs,
    retry: connectionRetry,
    logLevel: kafkajsLogLevel(logger),
    logCreator: createLogCreator(logger),
  };
  if (connection.tls !== undefined) config.ssl = connection.tls === true ? true : tlsOptions(connection.tls);
  if (connection.sasl !== undefined) config.sasl = saslOptions(connection.sasl);
  return config;
}

function tlsOptions(tls: TlsOptions): TlsConnectionOptions {
  const options: TlsConnectionOptions = {};
  if (tls.ca !== undefined) options.ca = tls.ca;
  if (tls.cert !== undefined) options.cert = tls.cert;
  if (tls.key !== undefined) options.key = tls.key;
  if (tls.passphrase !== undefined) options.passphrase = tls.passphrase;
  if (tls.servername !== undefined) options.servername = tls.servername;
  if (tls.rejectUnauthorized === false) options.rejectUnauthorized = false;
  return options;
}

function saslOptions(sasl: SaslOptions): KafkajsSasl {
  if (sasl.mechanism !== 'oauthbearer') {
    const { mechanism, username, password } = sasl;
    return { mechanism, username, password };
  }
  return { mechanism: 'oauthbearer', oauthBearerProvider: createTokenProvider(sasl) };
}
