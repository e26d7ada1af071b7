import { BrokerError } from '../../errors.js';
import { adviceForTls, tlsReason } from './tls-advice.js';

/**
 * - `stale`: this member is not in the generation any more; it rejoins by itself
 * - `unreachable`: no connection; the same again may succeed
 * - `transient`: the broker answered "not now"
 * - `refused`: this very request can never succeed
 * - `forbidden`: nothing succeeds until somebody changes rights, credentials, versions or configuration
 */
export type KafkaErrorKind = 'stale' | 'unreachable' | 'transient' | 'refused' | 'forbidden';

export interface KafkaErrorVerdict {
  readonly kind: KafkaErrorKind;
  /** Plain words, with Kafka's own name of the error where it has one. */
  readonly reason: string;
  /** Kafka's name of the error. */
  readonly type?: string;
}

/** What kafkajs and Node put on errors. */
interface ErrorNode extends Error {
  type?: unknown;
  code?: unknown;
  errors?: unknown;
}

const staleTypes = new Set(['ILLEGAL_GENERATION', 'UNKNOWN_MEMBER_ID', 'REBALANCE_IN_PROGRESS']);

const forbiddenTypes: Readonly<Record<string, string>> = {
  TOPIC_AUTHORIZATION_FAILED:
    'this user has no right to use the topic; it needs READ on the topic that is read and WRITE on the one for results',
  GROUP_AUTHORIZATION_FAILED: 'this user has no right to use the consumer group; it needs READ on it',
  CLUSTER_AUTHORIZATION_FAILED: 'this user has no right for this on the cluster',
  TRANSACTIONAL_ID_AUTHORIZATION_FAILED:
    'this user has no right to use the transactional id; it needs WRITE and DESCRIBE on it',
  SASL_AUTHENTICATION_FAILED: 'the broker did not accept the credentials',
  UNSUPPORTED_SASL_MECHANISM:
    'the broker does not offer this SASL mechanism: write one of its sasl.enabled.mechanisms into sasl.mechanism',
  ILLEGAL_SASL_STATE: 'this port does not ask for SASL: write security.protocol = PLAINTEXT or SSL',
  SECURITY_DISABLED: 'security is switched off on the broker',
  INVALID_TRANSACTION_TIMEOUT:
    "the time-out of transactions (15 s) is above the broker's transaction.max.timeout.ms",
  UNSUPPORTED_VERSION: 'the broker does not serve the version of the protocol that this client speaks',
  UNSUPPORTED_FOR_MESSAGE_FORMAT: 'the topic has a message format that does not support this',
  UNSUPPORTED_COMPRESSION_TYPE: 'the broker does not support this compression',
  INVALID_GROUP_ID: 'the group id is not valid',
  INCONSISTENT_GROUP_PROTOCOL:
    'the group has members that share partitions in another way; use another group id or stop them',
  FENCED_INSTANCE_ID:
    'another process has joined the group with the same --group-instance-id; each worker of a group needs one of its own',
  INVALID_SESSION_TIMEOUT: 'the session time-out is outside of what the broker allows',
};

const refusedTypes: Readonly<Record<string, string>> = {
  MESSAGE_TOO_LARGE: 'larger than the topic allows (its max.message.bytes)',
  RECORD_LIST_TOO_LARGE: 'larger than a log segment of the topic (its segment.bytes)',
  INVALID_TOPIC_EXCEPTION: 'the name of the topic is not valid',
  INVALID_RECORD: 'the broker refused a record, e.g. one without key on a compacted topic',
  INVALID_TIMESTAMP: 'the time stamp of a record is outside of what the topic allows',
  OFFSET_METADATA_TOO_LARGE: "the commit metadata is longer than the broker's offset.metadata.max.bytes",
  INVALID_COMMIT_OFFSET_SIZE: 'the commit is larger than the broker allows',
  TOPIC_ALREADY_EXISTS: 'the topic exists already',
  INVALID_PARTITIONS: 'the number of partitions is not valid',
  INVALID_REPLICATION_FACTOR: 'the cluster has fewer brokers than replicas are wanted',
  INVALID_CONFIG: 'a topic setting is not valid',
  POLICY_VIOLATION: "it breaks a rule of the cluster's administrators",
};

const transientTypes: Readonly<Record<string, string>> = {
  UNKNOWN_TOPIC_OR_PARTITION: 'the topic does not exist, or this user may not see it',
};

const unreachableNames = new Set([
  'KafkaJSConnectionError',
  'KafkaJSConnectionClosedError',
  'KafkaJSBrokerNotFound',
  'KafkaJSNoBrokerAvailableError',
  'KafkaJSRequestTimeoutError',
  'KafkaJSLockTimeout',
]);

/** Node's and OpenSSL's codes for a certificate that does not fit; a retry meets the same certificate. */
const certificateCode = /^(ERR_TLS_|ERR_SSL_|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_(VERIFY|GET))/;
const networkCode = /^(ECONN|ENOTFOUND|EAI_|ETIMEDOUT|EHOST|ENET|EPIPE)/;
const networkReasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ENOTFOUND: 'no such host',
  EAI_AGAIN: 'the name of the host cannot be looked up now',
  EHOSTUNREACH: 'no route to the host',
  ENETUNREACH: 'no route to the network',
};
const brokenConnection =
  /closed connection|connection (error|timeout|closed)|timed? ?out|not connected|ECONN/i;

/**
 * Judges an error of kafkajs: the one place where "try again or not" is decided.
 *
 * kafkajs wraps: the name that matters is often on the chain of causes, and its own `retriable` says false for
 * "retries exceeded". What is not known counts as transient, because waiting loses nothing.
 */
export function judgeKafkaError(error: unknown): KafkaErrorVerdict {
  const chain = errorChain(error);
  for (const node of chain) {
    const verdict = judgeNode(node);
    if (verdict !== undefined) return verdict;
  }
  const root = chain.at(-1);
  const type = typeOf(root);
  const text = root === undefined ? String(error) : plainMessage(root);
  if (type === undefined) return { kind: 'transient', reason: text };
  return { kind: 'transient', reason: `${text} (${type})`, type };
}

function judgeNode(node: ErrorNode): KafkaErrorVerdict | undefined {
  const type = typeOf(node);
  if (type !== undefined) {
    if (staleTypes.has(type)) return { kind: 'stale', reason: `${node.message} (${type})`, type };
    if (Object.hasOwn(forbiddenTypes, type))
      return { kind: 'forbidden', reason: `${forbiddenTypes[type]!} (${type})`, type };
    if (Object.hasOwn(refusedTypes, type))
      return { kind: 'refused', reason: `${refusedTypes[type]!} (${type})`, type };
    if (Object.hasOwn(transientTypes, type))
      return { kind: 'transient', reason: `${transientTypes[type]!} (${type})`, type };
  }
  const code = typeof node.code === 'string' ? node.code : '';
  const reason = plainMessage(node);
  if (node instanceof BrokerError) return { kind: node.retriable ? 'transient' : 'forbidden', reason };
  if (node.name === 'KafkaJSSASLAuthenticationError') {
    // kafkajs says the same when the connection breaks while it authenticates.
    if (brokenConnection.test(node.message)) return { kind: 'unreachable', reason };
    return { kind: 'forbidden', reason: `${reason}; ${adviceForCredentials(node.message)}` };
  }
  if (node.name === 'KafkaJSServerDoesNotSupportApiKey') return { kind: 'forbidden', reason };
  if (node.name === 'KafkaJSUnsupportedMagicByteInMessageSet') return { kind: 'forbidden', reason };
  if (certificateCode.test(code)) return { kind: 'forbidden', reason: certificateReason(reason, code) };
  if (unreachableNames.has(node.name) || networkCode.test(code))
    return { kind: 'unreachable', reason: inPlainWords(reason, code) };
  return undefined;
}

/** Node says `connect ECONNREFUSED 127.0.0.1:9092`, and nothing but the code where a name has several addresses. */
function inPlainWords(message: string, code: string): string {
  const plain = networkReasons[code || (/\bE[A-Z_]+\b/.exec(message)?.[0] ?? '')];
  if (plain === undefined) return message;
  return `${plain} (${message.includes(' ') ? message : code})`;
}

function certificateReason(message: string, code: string): string {
  const advice = adviceForTls(code);
  return `${tlsReason(message)} (${code})${advice === undefined ? '' : `; ${advice}`}`;
}

function adviceForCredentials(message: string): string {
  return message.startsWith('SASL OAUTHBEARER')
    ? 'the broker does not accept the token: check the audience, issuer and scope it asks for'
    : 'check sasl.username, sasl.password and sasl.mechanism';
}

/** The error, what caused it and the parts of aggregates, outermost first. */
function errorChain(error: unknown): ErrorNode[] {
  const chain: ErrorNode[] = [];
  const add = (value: unknown): void => {
    if (!(value instanceof Error) || chain.includes(value) || chain.length > 20) return;
    chain.push(value);
    const { errors, cause } = value as ErrorNode;
    if (Array.isArray(errors)) errors.forEach(add);
    add(cause);
  };
  add(error);
  return chain;
}

function typeOf(node: ErrorNode | undefined): string | undefined {
  return typeof node?.type === 'string' ? node.type : undefined;
}

function plainMessage(node: ErrorNode): string {
  return node.message.replace(/^Connection error: /, '') || node.name;
}

/** @param action what was tried, as "cannot ...", e.g. `cannot commit offsets of group g` */
export function toBrokerError(
  action: string,
  error: unknown,
  options: { brokers?: readonly string[] } = {},
): BrokerError {
  const { kind, reason } = judgeKafkaError(error);
  const where =
    kind === 'unreachable' && options.brokers !== undefined ? ` at ${options.brokers.join(',')}` : '';
  return new BrokerError(`${action}${where}: ${reason}`, {
    cause: error,
    retriable: kind !== 'refused' && kind !== 'forbidden',
    isForbidden: kind === 'forbidden',
    isCauseTold: true,
  });
}
