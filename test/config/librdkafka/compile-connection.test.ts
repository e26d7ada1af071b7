import { generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { problemsOf, resolve } from '../resolve.js';

const certificate = readFileSync(new URL('certificate.pem', import.meta.url), 'utf8');
const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const lockedKey = privateKey
  .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'open sesame' })
  .toString();

const files = {
  '/lab/ca.pem': certificate,
  '/certs/me.pem': certificate,
  '/lab/me.key': lockedKey,
  '/lab/bad.pem': 'x',
};

const situationOf = (lines: string[], servers = 'kafka:9093') => ({
  argv: ['--config', 'lab.ini'],
  files: { ...files, '/lab/lab.ini': ['[broker]', `bootstrap.servers = ${servers}`, ...lines].join('\n') },
});

describe('a connection', () => {
  it('has no TLS and no credentials unless the security protocol says so', () => {
    expect(resolve(situationOf([])).options.connection).toEqual({
      clientId: 'PeakFinder',
      brokers: ['kafka:9093'],
      connectionTimeoutMs: 10_000,
      requestTimeoutMs: 30_000,
    });
  });

  it('with TLS trusts the authorities of Node.js', () => {
    expect(resolve(situationOf(['security.protocol = ssl'])).options.connection.tls).toBe(true);
  });

  it('reads certificate files from the working directory', () => {
    const situation = situationOf([
      'security.protocol = SSL',
      'ssl.ca.location = ca.pem',
      'ssl.certificate.location = /certs/me.pem',
      'ssl.key.location = ./me.key',
      'ssl.key.password = open sesame',
    ]);
    expect(resolve(situation).options.connection.tls).toEqual({
      ca: certificate,
      cert: certificate,
      key: lockedKey,
      passphrase: 'open sesame',
    });
  });

  it('takes PEM text, given on continued lines', () => {
    const indented = (pem: string): string => pem.trim().replaceAll('\n', '\n  ');
    const situation = situationOf([
      'security.protocol = ssl',
      `ssl.certificate.pem = ${indented(certificate)}`,
      `ssl.key.pem = ${indented(key)}`,
    ]);
    expect(resolve(situation).options.connection.tls).toEqual({ cert: certificate.trim(), key: key.trim() });
  });

  it('warns when certificates are not verified', () => {
    const resolved = resolve(
      situationOf(['security.protocol = ssl', 'enable.ssl.certificate.verification = false']),
    );
    expect(resolved.options.connection.tls).toEqual({ rejectUnauthorized: false });
    expect(resolved.warnings).toEqual([
      'lab.ini:4: [broker] enable.ssl.certificate.verification is off: anybody between here and the brokers can read and change everything',
    ]);
  });

  it.each([
    [
      ['ssl.ca.location = none.pem'],
      "lab.ini:4: [broker] ssl.ca.location: cannot read /lab/none.pem: ENOENT: no such file or directory, open '/lab/none.pem'",
    ],
    [
      ['ssl.certificate.location = ca.pem'],
      'ssl.key.location is missing: ssl.certificate needs it; write it into [broker] of the --config file',
    ],
    [
      [`ssl.key.pem = ${key.trim().replaceAll('\n', '\n  ')}`],
      'ssl.certificate.location is missing: ssl.key needs it; write it into [broker] of the --config file',
    ],
  ])('%j cannot work', (lines, problem) => {
    expect(problemsOf(situationOf(['security.protocol = ssl', ...lines]))).toEqual([problem]);
  });

  it('says which file is no certificate, and which key cannot be opened', () => {
    const problems = problemsOf(
      situationOf([
        'security.protocol = ssl',
        'ssl.ca.location = bad.pem',
        'ssl.certificate.location = ca.pem',
        'ssl.key.location = me.key',
      ]),
    );
    expect(problems).toHaveLength(2);
    expect(problems[0]).toMatch(
      /^lab\.ini:4: \[broker\] ssl\.ca\.location is not a certificate in PEM format: /,
    );
    expect(problems[1]).toMatch(
      /^lab\.ini:6: \[broker\] ssl\.key\.location cannot be used as a private key: /,
    );
  });

  it.each(['SCRAM-SHA-256', 'SCRAM-SHA-512', 'PLAIN'])('authenticates with %s', mechanism => {
    const situation = situationOf([
      'security.protocol = SASL_SSL',
      `sasl.mechanisms = ${mechanism}`,
      'sasl.username = 0123',
      'sasl.password = 0456',
    ]);
    expect(resolve(situation).options.connection.sasl).toEqual({
      mechanism: mechanism.toLowerCase(),
      username: '0123',
      password: '0456',
    });
  });

  it('authenticates with OAUTHBEARER and OIDC', () => {
    const situation = situationOf([
      'security.protocol = SASL_SSL',
      'sasl.mechanism = OAUTHBEARER',
      'sasl.oauthbearer.method = oidc',
      'sasl.oauthbearer.client.id = lab',
      'sasl.oauthbearer.client.secret = s',
      'sasl.oauthbearer.token.endpoint.url = https://login.example/token',
      'sasl.oauthbearer.scope = kafka',
      'sasl.oauthbearer.extensions = logicalCluster=lkc-1,pool=p',
    ]);
    expect(resolve(situation).options.connection.sasl).toEqual({
      mechanism: 'oauthbearer',
      tokenEndpointUrl: 'https://login.example/token',
      clientId: 'lab',
      clientSecret: 's',
      scope: 'kafka',
      extensions: { logicalCluster: 'lkc-1', pool: 'p' },
    });
  });

  it.each([
    [
      [],
      [
        'sasl.mechanism is missing: security.protocol = sasl_ssl needs it; write it into [broker] of the --config file (PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 or OAUTHBEARER)',
      ],
    ],
    [
      ['sasl.mechanism = GSSAPI'],
      [
        'lab.ini:4: [broker] sasl.mechanism must be one of plain, scram-sha-256, scram-sha-512, oauthbearer; found "GSSAPI"',
      ],
    ],
    [
      ['sasl.mechanism = PLAIN', 'sasl.password ='],
      [
        'sasl.username is missing: sasl.mechanism = PLAIN needs it; write it into [broker] of the --config file',
        'sasl.password is missing: sasl.mechanism = PLAIN needs it; write it into [broker] of the --config file',
      ],
    ],
    [
      [
        'sasl.mechanism = OAUTHBEARER',
        'sasl.oauthbearer.client.id = a',
        'sasl.oauthbearer.token.endpoint.url = here',
        'sasl.oauthbearer.client.secret = s',
      ],
      [
        'sasl.oauthbearer.method must be oidc; found ""',
        'lab.ini:6: [broker] sasl.oauthbearer.token.endpoint.url must be a URL; found "here"',
      ],
    ],
  ])('%j lacks something', (lines, problems) => {
    expect(problemsOf(situationOf(['security.protocol = sasl_ssl', ...lines]))).toEqual(problems);
  });

  it('warns before it sends a password unencrypted to another host', () => {
    const lines = [
      'security.protocol = sasl_plaintext',
      'sasl.mechanism = PLAIN',
      'sasl.username = a',
      'sasl.password = b',
    ];
    expect(resolve(situationOf(lines, 'kafka:9092,localhost:9092')).warnings).toEqual([
      'the password is sent unencrypted to kafka:9092; use security.protocol = sasl_ssl, or a SCRAM mechanism',
    ]);
    expect(resolve(situationOf(lines, 'localhost:1,127.0.0.1:2,[::1]:3')).warnings).toEqual([]);
  });
});
