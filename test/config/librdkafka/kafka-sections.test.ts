import { describe, expect, it } from 'vitest';
import type { CompiledWorkerOptions } from '../../../src/config/worker-options.js';
import { definitionOf, problemsOf, resolve } from '../resolve.js';

const withFile = (ini: string, argv: string[] = []) => ({
  argv: ['--config', 'lab', ...argv],
  files: { '/lab/lab.config': ini },
});

const optionsOf = (ini: string): CompiledWorkerOptions => resolve(withFile(ini)).options;
const broker = '[broker]\nbootstrap.servers = a:1\n';

describe('librdkafka names', () => {
  it('fill the options of the worker and of the connection', () => {
    const options = optionsOf(
      [
        '[broker]',
        'metadata.broker.list = a:1,b',
        'client.id = lab-7',
        'socket.timeout.ms = 60000.0',
        'socket.connection.setup.timeout.ms = 5000',
        'metadata.max.age.ms = 120000',
        '[consumer]',
        'group.id = peaks',
        'auto.offset.reset = largest',
        'session.timeout.ms = 30000',
        'heartbeat.interval.ms = 2000',
        'fetch.max.bytes = 16000000',
        'max.partition.fetch.bytes = 4000000',
        'fetch.wait.max.ms = 100',
        '[producer]',
        'compression.type = lz4',
      ].join('\n'),
    );
    expect(options).toMatchObject({
      connection: {
        brokers: ['a:1', 'b:9092'],
        clientId: 'lab-7',
        requestTimeoutMs: 60_000,
        connectionTimeoutMs: 5000,
      },
      metadataMaxAgeMs: 120_000,
      groupId: 'peaks',
      startFrom: 'latest',
      sessionTimeoutMs: 30_000,
      heartbeatIntervalMs: 2000,
      maxBytes: 16_000_000,
      maxBytesPerPartition: 4_000_000,
      maxWaitMs: 100,
      compression: 'lz4',
    });
  });

  it('work with the settings that OpenMSIStream ships, with a word on those without effect', () => {
    const resolved = resolve(
      withFile(
        `${broker}[consumer]\nauto.offset.reset = earliest\nenable.auto.commit = False\nfetch.min.bytes = 100000\n` +
          'key.deserializer = StringDeserializer\nvalue.deserializer = DataFileChunkDeserializer\n' +
          '[producer]\nbatch.size = 2000000\nlinger.ms = 100\ncompression.type = lz4\nacks = all\n' +
          'key.serializer = StringSerializer\nvalue.serializer = StringSerializer\n',
      ),
    );
    expect(resolved.warnings).toEqual([
      'lab.config:6: [consumer] fetch.min.bytes has no effect: waiting for more bytes would delay every file',
      'lab.config:10: [producer] batch.size has no effect: results are sent as soon as they exist',
      'lab.config:11: [producer] linger.ms has no effect: results are sent as soon as they exist',
    ]);
  });

  it.each([
    [
      '[producer]\nacks = 1',
      'lab.config:4: [producer] acks = 1 is refused: results are always acknowledged by all in-sync replicas; remove it or write all',
    ],
    [
      '[consumer]\nenable.auto.commit = True',
      'lab.config:4: [consumer] enable.auto.commit = True is refused: offsets are committed once the result of a file is acknowledged; remove it or write False',
    ],
    [
      '[consumer]\nsession.timeout.ms = soon',
      'lab.config:4: [consumer] session.timeout.ms must be a whole number; found "soon"',
    ],
    [
      '[consumer]\nheartbeat.interval.ms = 0',
      'lab.config:4: [consumer] heartbeat.interval.ms must be between 1 and 3600000; found "0"',
    ],
    [
      '[consumer]\nheartbeat.interval.ms = 45000',
      'lab.config:4: [consumer] heartbeat.interval.ms must be less than the session timeout (10s); found "45s"',
    ],
    [
      '[consumer]\nauto.offset.reset = error',
      'lab.config:4: [consumer] auto.offset.reset cannot be error; write earliest or latest; found "error"',
    ],
    [
      '[consumer]\nauto.ofset.reset = earliest',
      'lab.config:4: [consumer] unknown key auto.ofset.reset; did you mean auto.offset.reset?',
    ],
    [
      '[consumer]\nclient.id = $CLIENT',
      'lab.config:4: [consumer] client.id needs the environment variable CLIENT, which is not set; found "$CLIENT"',
    ],
    [
      '[kafkacrypto]\nnode_id = x',
      'lab.config: [kafkacrypto] asks for encrypted messages, which are not supported; remove the section and read an unencrypted topic',
    ],
    ['[consumr]\nx = 1', 'lab.config: unknown section [consumr]; did you mean consumer?'],
    [
      '[producer]\nbootstrap.servers = b:2',
      "lab.config:4: [producer] bootstrap.servers differs from the consumer's (lab.config:2: [broker] bootstrap.servers): both use one connection; write it once, into [broker]",
    ],
    [
      '[producer]\nssl.keystore.location = x.p12',
      'lab.config:4: [producer] ssl.keystore.location = x.p12 is refused: not supported; convert it to PEM files and name them in ssl.certificate.location and ssl.key.location',
    ],
  ])('%j is refused', (ini, problem) => {
    expect(problemsOf(withFile(broker + ini))).toEqual([problem]);
  });

  it.each([
    [
      '[consumer]\nmax.poll.interval.ms = 900000',
      'lab.config:4: [consumer] max.poll.interval.ms has no effect: the method may run as long as --timeout allows, and the group is kept alive meanwhile',
    ],
    [
      '[consumer]\nauto.offset.reset = none',
      'lab.config:4: [consumer] auto.offset.reset: none counts as not given, so a new group starts at the earliest message',
    ],
    [
      '[producer]\nenable.idempotence = False',
      'lab.config:4: [producer] enable.idempotence = False has no effect: results are always sent with idempotence',
    ],
    [
      '[consumer]\nvalue.deserializer = StringDeserializer',
      'lab.config:4: [consumer] value.deserializer = StringDeserializer has no effect: values are always read as file chunks',
    ],
    [
      '[producer]\ngroup.id = x',
      'lab.config:4: [producer] group.id has no effect there: it belongs into [consumer]',
    ],
    [
      '[heartbeat]\nx = 1',
      'lab.config: section [heartbeat] is not read: heartbeats are sent over the connection of [broker] in this version',
    ],
    ['[Other]\nx = 1', 'lab.config: section [Other] is not read by PeakFinder'],
    [
      'sasl.username = me',
      'lab.config:3: [broker] sasl.username has no effect: security.protocol is plaintext, not sasl_ssl or sasl_plaintext',
    ],
  ])('%j is a warning', (ini, warning) => {
    expect(resolve(withFile(broker + ini)).warnings).toEqual([warning]);
  });

  it('of the producer are of no interest to a class without results', () => {
    const definition = definitionOf({ kind: 'file-processor' });
    const situation = withFile(`${broker}[producer]\nacks = 0\nbatch.size = 1\n`);
    expect(resolve({ ...situation, definition }).warnings).toEqual([]);
  });

  it('stand below our own keys of the same file, and these below the flags', () => {
    const ini = `${broker}[consumer]\ngroup.id = a\nsession.timeout.ms = 20000\n[reproducer]\ngroup_id = b\nlimit = 1\n`;
    expect(resolve(withFile(ini, ['--limit', '2'])).options).toMatchObject({
      groupId: 'b',
      sessionTimeoutMs: 20_000,
      limit: 2,
    });
  });

  it('of [DEFAULT] may be meant for any section', () => {
    const ini = `[DEFAULT]\nnode_id = x\nroot = /data\n${broker}[consumer]\n`;
    expect(resolve(withFile(ini)).warnings).toEqual([]);
  });

  it('may have their values in the environment, and a password may begin with a dollar sign', () => {
    const ini =
      '[broker]\nbootstrap.servers = $SERVERS\nsecurity.protocol = SASL_SSL\nsasl.mechanism = PLAIN\n' +
      'sasl.username = ${USER_NAME}-x\nsasl.password = $$ecret$1\n';
    const env = { SERVERS: 'a:1,b:2', USER_NAME: '007' };
    const { connection } = resolve({ ...withFile(ini), env }).options;
    expect(connection.brokers).toEqual(['a:1', 'b:2']);
    expect(connection.sasl).toEqual({ mechanism: 'plain', username: '007-x', password: '$ecret$1' });
  });
});
