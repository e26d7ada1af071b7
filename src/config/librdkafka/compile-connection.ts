import type { ConnectionOptions } from '../../kafka/driver.js';
import type { ConnectionInput, Remarks } from './connection-input.js';
import type { PlacedKafkaProperties } from './kafka-properties.js';
import { compileSasl } from './compile-sasl.js';
import { compileTls } from './compile-tls.js';

/** Puts the connection together and says in `remarks` what cannot work or is unsafe. */
export function compileConnection(input: ConnectionInput, remarks: Remarks): ConnectionOptions {
  const { values } = input.properties;
  const protocol = values.securityProtocol ?? 'plaintext';
  const usesTls = protocol === 'ssl' || protocol === 'sasl_ssl';
  const usesSasl = protocol === 'sasl_plaintext' || protocol === 'sasl_ssl';
  warnUnused(input.properties, usesTls, usesSasl, remarks);
  const tls = usesTls ? compileTls(input, remarks) : undefined;
  const sasl = usesSasl ? compileSasl(input.properties, remarks) : undefined;
  if (sasl?.mechanism === 'plain' && !usesTls) warnPlainPassword(input.brokers, remarks);
  return {
    clientId: values.clientId ?? input.name,
    brokers: input.brokers,
    ...(tls === undefined ? {} : { tls }),
    ...(sasl === undefined ? {} : { sasl }),
    connectionTimeoutMs: values.connectionTimeoutMs ?? 10_000,
    requestTimeoutMs: values.socketTimeoutMs ?? values.requestTimeoutMs ?? 30_000,
  };
}

/** Credentials that the security protocol leaves unused: most often the protocol was forgotten. */
function warnUnused(
  properties: PlacedKafkaProperties,
  usesTls: boolean,
  usesSasl: boolean,
  remarks: Remarks,
): void {
  const protocol = properties.values.securityProtocol ?? 'plaintext';
  for (const [name, place] of properties.places) {
    const isUnused =
      (!usesTls && (name.startsWith('ssl.') || name.startsWith('enable.ssl.'))) ||
      (!usesSasl && name.startsWith('sasl.'));
    if (!isUnused) continue;
    const wanted = name.startsWith('sasl.') ? 'sasl_ssl or sasl_plaintext' : 'ssl or sasl_ssl';
    remarks.warnings.push(`${place} has no effect: security.protocol is ${protocol}, not ${wanted}`);
  }
}

function warnPlainPassword(brokers: readonly string[], remarks: Remarks): void {
  const remote = brokers.filter(broker => !isLoopback(broker));
  if (remote.length === 0) return;
  remarks.warnings.push(
    `the password is sent unencrypted to ${remote.join(', ')}; use security.protocol = sasl_ssl, or a SCRAM mechanism`,
  );
}

function isLoopback(broker: string): boolean {
  const host = broker.slice(0, broker.lastIndexOf(':')).toLowerCase();
  return host === 'localhost' || host === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(host);
}
