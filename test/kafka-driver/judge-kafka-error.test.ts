import kafkajs from 'kafkajs';
import { expect, test } from 'vitest';
import { BrokerError } from '../../src/errors.js';
import { judgeKafkaError, toBrokerError } from '../../src/kafka/kafkajs/judge-kafka-error.js';

const { KafkaJSConnectionError, KafkaJSNonRetriableError, KafkaJSNumberOfRetriesExceeded } = kafkajs;

/** As kafkajs makes it from an error code of the broker. */
function protocolError(type: string, message = 'what the broker says'): Error {
  return Object.assign(new Error(message), { name: 'KafkaJSProtocolError', type, code: 1, retriable: false });
}

/** As kafkajs's retrier wraps it: the type is only on the cause. */
const wrapped = (cause: Error) => Object.assign(new KafkaJSNonRetriableError(cause), { cause });

test.each([
  ['ILLEGAL_GENERATION', 'stale'],
  ['UNKNOWN_MEMBER_ID', 'stale'],
  ['REBALANCE_IN_PROGRESS', 'stale'],
  ['TOPIC_AUTHORIZATION_FAILED', 'forbidden'],
  ['GROUP_AUTHORIZATION_FAILED', 'forbidden'],
  ['SASL_AUTHENTICATION_FAILED', 'forbidden'],
  ['UNSUPPORTED_VERSION', 'forbidden'],
  ['INVALID_GROUP_ID', 'forbidden'],
  ['MESSAGE_TOO_LARGE', 'refused'],
  ['OFFSET_METADATA_TOO_LARGE', 'refused'],
  ['INVALID_TOPIC_EXCEPTION', 'refused'],
  ['NOT_ENOUGH_REPLICAS', 'transient'],
  ['OUT_OF_ORDER_SEQUENCE_NUMBER', 'transient'],
  ['NOT_COORDINATOR_FOR_GROUP', 'transient'],
  ['UNKNOWN_TOPIC_OR_PARTITION', 'transient'],
  ['SOMETHING_NEW', 'transient'],
])('%s is %s, bare and on the chain of causes', (type, kind) => {
  expect(judgeKafkaError(protocolError(type))).toMatchObject({ kind, type });
  expect(judgeKafkaError(wrapped(wrapped(protocolError(type))))).toMatchObject({ kind, type });
});

test('a connection that cannot be made is unreachable, also when the retries are exceeded', () => {
  const refused = new KafkaJSConnectionError('Connection error: connect ECONNREFUSED 127.0.0.1:1', {
    code: 'ECONNREFUSED',
  });
  const exceeded = new KafkaJSNumberOfRetriesExceeded(refused, { retryCount: 5, retryTime: 1 });
  for (const error of [refused, exceeded])
    expect(judgeKafkaError(error)).toEqual({
      kind: 'unreachable',
      reason: 'connection refused (connect ECONNREFUSED 127.0.0.1:1)',
    });
});

test('a refused connection has its reason also where Node gives several addresses and no text', () => {
  const refused = new KafkaJSConnectionError('Connection error: ', { code: 'ECONNREFUSED' });
  expect(judgeKafkaError(refused).reason).toBe('connection refused (ECONNREFUSED)');
});

test('a certificate that does not fit is forbidden', () => {
  const error = new KafkaJSConnectionError('Connection error: self-signed certificate', {
    code: 'DEPTH_ZERO_SELF_SIGNED_CERT',
  });
  expect(judgeKafkaError(error)).toEqual({
    kind: 'forbidden',
    reason:
      'self-signed certificate (DEPTH_ZERO_SELF_SIGNED_CERT); name the certificate of the authority that signed ' +
      "the brokers' certificates in ssl.ca.location",
  });
});

test.each([
  ['SASL PLAIN authentication failed: Authentication failed: Invalid username or password', 'forbidden'],
  ['SASL PLAIN authentication failed: Closed connection', 'unreachable'],
])('%s: %s', (message, kind) => {
  const error = Object.assign(new Error(message), { name: 'KafkaJSSASLAuthenticationError' });
  expect(judgeKafkaError(error).kind).toBe(kind);
});

test('a bug inside kafkajs is transient: a new consumer goes on', () => {
  expect(judgeKafkaError(new TypeError("Cannot set properties of undefined (setting '0')")).kind).toBe(
    'transient',
  );
});

test('errors of our own keep what they say of themselves', () => {
  expect(judgeKafkaError(wrapped(new BrokerError('no codec', { retriable: false }))).kind).toBe('forbidden');
  expect(judgeKafkaError(new BrokerError('later', { retriable: true })).kind).toBe('transient');
});

test('parts of an aggregate are looked at, and a chain that bites its tail ends', () => {
  const aggregate = Object.assign(new Error('topics'), { errors: [protocolError('INVALID_PARTITIONS')] });
  expect(judgeKafkaError(aggregate).kind).toBe('refused');
  const loop = new Error('a');
  loop.cause = loop;
  expect(judgeKafkaError(loop)).toEqual({ kind: 'transient', reason: 'a' });
  expect(judgeKafkaError('text')).toEqual({ kind: 'transient', reason: 'text' });
});

test('the error for the user says what was tried, where and why', () => {
  const refused = new KafkaJSConnectionError('Connection error: connect ECONNREFUSED 127.0.0.1:1', {});
  const unreachable = toBrokerError('cannot reach Kafka', refused, { brokers: ['a:1', 'b:2'] });
  expect(unreachable.message).toBe(
    'cannot reach Kafka at a:1,b:2: connection refused (connect ECONNREFUSED 127.0.0.1:1)',
  );
  expect(unreachable.retriable).toBe(true);
  const forbidden = toBrokerError(
    'cannot read topic t',
    wrapped(protocolError('TOPIC_AUTHORIZATION_FAILED')),
  );
  expect(forbidden.message).toBe(
    'cannot read topic t: this user has no right to use the topic; it needs READ on the topic that is read and WRITE on ' +
      'the one for results (TOPIC_AUTHORIZATION_FAILED)',
  );
  expect([forbidden.retriable, forbidden.isForbidden]).toEqual([false, true]);
});

test.each([
  [
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    "name the certificate of the authority that signed the brokers' certificates in ssl.ca.location",
  ],
  ['CERT_HAS_EXPIRED', "renew the broker's certificate, or set the clock of this machine"],
  [
    'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED',
    'the broker wants a client certificate that it trusts: name it in ssl.certificate.location, its key in ssl.key.location',
  ],
])('%s comes with what to do', (code, advice) => {
  const error = new KafkaJSConnectionError('Connection error: no', { code });
  expect(judgeKafkaError(error)).toEqual({ kind: 'forbidden', reason: `no (${code}); ${advice}` });
});

test('the reason in a line of OpenSSL is told without the rest', () => {
  const line = '40B7:error:0A000412:SSL routines:ssl3_read_bytes:sslv3 alert bad certificate:../s3.c:1601:';
  const error = new KafkaJSConnectionError(line, { code: 'ERR_SSL_OTHER' });
  expect(judgeKafkaError(error).reason).toBe('sslv3 alert bad certificate (ERR_SSL_OTHER)');
});
