import { parseBoolean } from '../values/parse-boolean.js';
import type { KafkaProperties } from './kafka-properties.js';
import * as parsers from './property-parsers.js';
import { withoutCounterpart } from './without-counterpart.js';

/** What one of librdkafka's names becomes. */
export type KafkaNameMeaning =
  /** An option of the worker; `convert` gives undefined for "as if not given", which is then a warning. */
  | {
      readonly kind: 'option';
      readonly option: string;
      readonly convert: (text: string) => string | undefined;
    }
  | { readonly kind: 'property'; readonly apply: (properties: KafkaProperties, text: string) => void }
  /** Something that is always so; other values are refused where they promise less safety, else warned about. */
  | { readonly kind: 'fixed'; readonly allowed: readonly string[]; readonly otherwise: 'refuse' | 'warn' }
  | { readonly kind: 'without-effect' }
  /** Accepted, whatever it says. */
  | { readonly kind: 'quiet' };

export interface KafkaName {
  readonly name: string;
  readonly aliases: readonly string[];
  /** Which client it is for; `both`: the connection, which consumer and producer share. */
  readonly role: 'both' | 'consumer' | 'producer';
  readonly secret: boolean;
  readonly meaning: KafkaNameMeaning;
  /** Why it is refused or has no effect. */
  readonly because: string;
}

type Role = KafkaName['role'];
type Extra = Partial<Pick<KafkaName, 'aliases' | 'secret' | 'because'>>;

function named(name: string, role: Role, meaning: KafkaNameMeaning, extra: Extra = {}): KafkaName {
  return { aliases: [], secret: false, because: '', ...extra, name, role, meaning };
}

function option(
  name: string,
  role: Role,
  optionName: string,
  convert: (text: string) => string | undefined = parsers.parseText,
  extra?: Extra,
): KafkaName {
  return named(name, role, { kind: 'option', option: optionName, convert }, extra);
}

function property<K extends keyof KafkaProperties>(
  name: string,
  key: K,
  parse: (text: string) => KafkaProperties[K],
  extra?: Extra & { role?: Role },
): KafkaName {
  const apply = (properties: KafkaProperties, text: string): void => {
    properties[key] = parse(text);
  };
  return named(name, extra?.role ?? 'both', { kind: 'property', apply }, extra);
}

function fixed(
  name: string,
  role: Role,
  allowed: readonly string[],
  otherwise: 'refuse' | 'warn',
  because: string,
  aliases: readonly string[] = [],
): KafkaName {
  return named(name, role, { kind: 'fixed', allowed, otherwise }, { because, aliases });
}

const { parseText: text, wholeNumberBetween } = parsers;
const secret = { secret: true };
const consumer = { role: 'consumer' } as const;
const largest = 2_147_483_647;
const keysAre = 'keys are always read and written as text';
const noCommit = 'offsets are committed once the result of a file is acknowledged; remove it or write False';
const allReplicas = 'results are always acknowledged by all in-sync replicas; remove it or write all';
const pemOnly =
  'not supported; convert it to PEM files and name them in ssl.certificate.location and ssl.key.location';
const hostNames = 'host names are always checked against certificates';

/**
 * librdkafka's configuration names, as they stand in `[broker]`, `[consumer]` and `[producer]`, and what they mean here.
 * Source: https://github.com/confluentinc/librdkafka/blob/master/CONFIGURATION.md
 */
export const kafkaNames: readonly KafkaName[] = [
  option('bootstrap.servers', 'both', 'brokers', text, { aliases: ['metadata.broker.list'] }),
  option('group.id', 'consumer', 'group-id'),
  option('group.instance.id', 'consumer', 'group-instance-id'),
  option('session.timeout.ms', 'consumer', 'session-timeout', parsers.millisecondsText),
  option('auto.offset.reset', 'consumer', 'start-from', parsers.startPosition, {
    because: 'none counts as not given, so a new group starts at the earliest message',
  }),
  option('compression.type', 'producer', 'compression', text, { aliases: ['compression.codec'] }),

  property('client.id', 'clientId', text),
  property('security.protocol', 'securityProtocol', parsers.securityProtocol),
  property('ssl.ca.location', 'caLocation', text),
  property('ssl.ca.pem', 'caPem', text),
  property('ssl.certificate.location', 'certificateLocation', text),
  property('ssl.certificate.pem', 'certificatePem', text),
  property('ssl.key.location', 'keyLocation', text),
  property('ssl.key.pem', 'keyPem', text, secret),
  property('ssl.key.password', 'keyPassword', text, secret),
  property('enable.ssl.certificate.verification', 'verifyCertificates', parseBoolean),
  property('sasl.mechanism', 'saslMechanism', parsers.saslMechanism, { aliases: ['sasl.mechanisms'] }),
  property('sasl.username', 'saslUsername', text),
  property('sasl.password', 'saslPassword', text, secret),
  property('sasl.oauthbearer.method', 'oauthMethod', text),
  property('sasl.oauthbearer.client.id', 'oauthClientId', text),
  property('sasl.oauthbearer.client.secret', 'oauthClientSecret', text, secret),
  property('sasl.oauthbearer.token.endpoint.url', 'oauthTokenEndpointUrl', text),
  property('sasl.oauthbearer.scope', 'oauthScope', text),
  property('sasl.oauthbearer.extensions', 'oauthExtensions', parsers.nameValuePairs),
  property('socket.timeout.ms', 'socketTimeoutMs', wholeNumberBetween(10, 300_000)),
  property('request.timeout.ms', 'requestTimeoutMs', wholeNumberBetween(10, 900_000)),
  property('socket.connection.setup.timeout.ms', 'connectionTimeoutMs', wholeNumberBetween(1000, largest)),
  property('metadata.max.age.ms', 'metadataMaxAgeMs', wholeNumberBetween(1, 86_400_000)),
  property('heartbeat.interval.ms', 'heartbeatIntervalMs', wholeNumberBetween(1, 3_600_000), consumer),
  property('fetch.max.bytes', 'maxBytes', wholeNumberBetween(1, largest), consumer),
  property('max.partition.fetch.bytes', 'maxBytesPerPartition', wholeNumberBetween(1, 1_000_000_000), {
    role: 'consumer',
    aliases: ['fetch.message.max.bytes'],
  }),
  property('fetch.wait.max.ms', 'maxWaitMs', wholeNumberBetween(0, 300_000), consumer),

  fixed('acks', 'producer', ['all', '-1', '-1.0'], 'refuse', allReplicas, ['request.required.acks']),
  fixed('enable.auto.commit', 'consumer', ['false'], 'refuse', noCommit, ['auto.commit.enable']),
  fixed('enable.idempotence', 'producer', ['true'], 'warn', 'results are always sent with idempotence'),
  fixed('isolation.level', 'consumer', ['read_committed'], 'warn', 'only committed messages are read'),
  fixed('allow.auto.create.topics', 'both', ['false'], 'warn', 'topics are never created by reading them'),
  fixed('ssl.endpoint.identification.algorithm', 'both', ['https'], 'warn', hostNames),
  fixed('ssl.keystore.location', 'both', [], 'refuse', pemOnly),
  fixed('ssl.crl.location', 'both', [], 'refuse', 'revocation lists are not supported; remove it'),
  fixed('sasl.oauthbearer.config', 'both', [], 'refuse', 'only sasl.oauthbearer.method = oidc is supported'),
  fixed('key.deserializer', 'consumer', ['stringdeserializer'], 'warn', keysAre),
  fixed(
    'value.deserializer',
    'consumer',
    ['datafilechunkdeserializer'],
    'warn',
    'values are always read as file chunks',
  ),
  fixed('key.serializer', 'producer', ['stringserializer'], 'warn', keysAre),
  fixed(
    'value.serializer',
    'producer',
    ['stringserializer'],
    'warn',
    'text is sent as UTF-8, bytes as they are and objects as JSON',
  ),
  // KafkaCrypto's, which OpenMSIStream leaves out of these sections too.
  named('node_id', 'both', { kind: 'quiet' }),

  ...Object.entries(withoutCounterpart).flatMap(([because, names]) =>
    names.map(name => named(name, 'both', { kind: 'without-effect' }, { because })),
  ),
];

const byName: ReadonlyMap<string, KafkaName> = new Map(
  kafkaNames.flatMap(entry => [entry.name, ...entry.aliases].map(name => [name, entry] as const)),
);

/** The row of a name or alias, in lower case; undefined for one that librdkafka does not have. */
export function kafkaNameOf(key: string): KafkaName | undefined {
  return byName.get(key);
}

/** Every name and alias, for suggestions. */
export function knownKafkaNames(): Iterable<string> {
  return byName.keys();
}
