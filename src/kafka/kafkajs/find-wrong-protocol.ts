import { BrokerError } from '../../errors.js';
import type { ConnectionOptions } from '../driver.js';
import { judgeKafkaError } from './judge-kafka-error.js';
import { type ListenerKind, probeListener } from './probe-listener.js';
import { wasConnectionEnded } from './tls-advice.js';

type Security = Pick<ConnectionOptions, 'brokers' | 'tls' | 'sasl'>;

/**
 * Finds out whether brokers that end connections without a word are spoken to in the wrong way, by asking their ports.
 *
 * A broker says nothing to a client that comes without TLS where TLS is needed, or the other way round, and the same
 * is seen of a broker that restarts. Waiting mends only the latter.
 *
 * @param cause what the connection failed with
 * @returns not retriable, with what to write; undefined: not proven, or the cause is another one
 */
export async function findWrongProtocol(
  connection: Security,
  cause: unknown,
): Promise<BrokerError | undefined> {
  const { kind, reason } = judgeKafkaError(cause);
  if (kind !== 'unreachable' || !wasConnectionEnded(reason)) return undefined;
  const found = await Promise.all(connection.brokers.map(broker => probe(broker)));
  // One that is spoken to in the right way is enough: the others may only be away.
  if (found.some(listener => listener !== undefined && fits(connection, listener))) return undefined;
  const at = found.findIndex(listener => listener !== undefined);
  if (at < 0) return undefined;
  return new BrokerError(describe(connection, connection.brokers[at]!, found[at]!), {
    cause,
    retriable: false,
    isForbidden: true,
    isCauseTold: true,
  });
}

function probe(broker: string): Promise<ListenerKind | undefined> {
  const colon = broker.lastIndexOf(':');
  const host = broker.slice(0, colon).replace(/^\[(.*)\]$/, '$1');
  return probeListener(host, Number(broker.slice(colon + 1)));
}

function fits({ tls, sasl }: Security, { usesTls, mechanisms }: ListenerKind): boolean {
  if (usesTls !== (tls !== undefined)) return false;
  return mechanisms === undefined || (mechanisms !== null) === (sasl !== undefined);
}

function describe({ tls, sasl }: Security, broker: string, { usesTls, mechanisms }: ListenerKind): string {
  const configured = protocolName(tls !== undefined, sasl !== undefined);
  const spoken =
    mechanisms === undefined
      ? `${protocolName(usesTls, false)} or ${protocolName(usesTls, true)}`
      : protocolName(usesTls, mechanisms !== null);
  const offered = Array.isArray(mechanisms) ? ` and a sasl.mechanism of ${mechanisms.join(', ')}` : '';
  return `${broker} speaks ${spoken}, not ${configured}: write security.protocol = ${spoken}${offered}, or use another port`;
}

function protocolName(usesTls: boolean, usesSasl: boolean): string {
  if (usesSasl) return usesTls ? 'SASL_SSL' : 'SASL_PLAINTEXT';
  return usesTls ? 'SSL' : 'PLAINTEXT';
}
