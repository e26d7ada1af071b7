import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { differences } from '../invariants/harness/result-account.js';
import { compileProgram, type WorkerProcess } from '../invariants/harness/worker-process.js';
import type { SentFile } from '../invariants/harness/sent-file.js';
import { TopicReader } from '../invariants/harness/topic-reader.js';
import { committedOffsets, createTopic, endOffsets, until, withAdmin } from '../invariants/harness/topics.js';
import { missingTools } from '../real-kafka/kafka-jars.js';
import { missingOpenssl } from './security/certificates.js';
import {
  forbidWriting,
  grantedPrefix,
  keyPassword,
  password,
  transactionalPrefix,
  user,
} from './security/secure-kafka.js';
import { groupId, SecureScene } from './security/secure-scene.js';

const missing = missingTools() ?? missingOpenssl();
if (missing !== undefined) console.log(`Skipped: TLS and SASL: ${missing}`);

/** The worst case for a worker that should give up at once: kafkajs tries for 4 s, and several of them share the machine. */
const soonMs = 40_000;
const wrongPassword = '9912345678';

describe.skipIf(missing !== undefined)('a broker that wants TLS and SASL', () => {
  let scene: SecureScene;
  let opening: Promise<SecureScene> | undefined;
  beforeAll(async () => {
    const program = await compileProgram(new URL('../invariants/programs/hash-files.ts', import.meta.url));
    opening = SecureScene.open(program);
    scene = await opening;
  });
  // Also one that is open only after the time for it is over.
  afterAll(async () => (await opening?.catch(() => undefined))?.close());

  const credentials = { 'sasl.username': user, 'sasl.password': password };
  const withCa = () => ({ 'ssl.ca.location': scene.secure.caCertificate });
  const oidc = (secret: string) => ({
    'sasl.mechanism': 'OAUTHBEARER',
    'sasl.oauthbearer.method': 'oidc',
    'sasl.oauthbearer.token.endpoint.url': scene.secure.tokens.tokenUrl,
    'sasl.oauthbearer.client.id': user,
    'sasl.oauthbearer.client.secret': secret,
  });

  /** Runs a worker with the configuration until nothing is left, and compares its results with what was uploaded. */
  async function expectResults(configFile: string, uploaded?: readonly SentFile[]): Promise<void> {
    const files = uploaded ?? (await scene.upload());
    const worker = scene.start(configFile);
    expect(await worker.exited, worker.output()).toEqual({ code: 0, signal: null });
    expectNoSecret(worker);
    const paths = new Set(files.map(({ path }) => path));
    const results = await scene.results.catchUp();
    expect(
      differences(
        files,
        results.filter(({ headers }) => paths.has(headers['file-path']!)),
      ),
    ).toEqual([]);
  }

  describe('lets a worker rebuild files and produce results', () => {
    test('over TLS with an authority of its own', () =>
      expectResults(scene.iniFile('SSL', { 'security.protocol': 'SSL', ...withCa() })));

    test('with a client certificate', () =>
      expectResults(
        scene.iniFile('MUTUAL', {
          'security.protocol': 'SSL',
          ...withCa(),
          'ssl.certificate.location': scene.secure.client.certificate,
          'ssl.key.location': scene.secure.client.key,
        }),
      ));

    test('with a client certificate whose key is encrypted with an all-digit password', () =>
      expectResults(
        scene.yamlFile('MUTUAL', {
          'security.protocol': 'ssl',
          ...withCa(),
          'ssl.certificate.location': scene.secure.client.certificate,
          'ssl.key.location': scene.secure.client.encryptedKey,
          'ssl.key.password': keyPassword,
        }),
      ));

    test('with PLAIN and an all-digit password', () =>
      expectResults(
        scene.iniFile('SASL_PLAINTEXT', {
          'security.protocol': 'SASL_PLAINTEXT',
          'sasl.mechanism': 'PLAIN',
          ...credentials,
        }),
      ));

    test.each(['SCRAM-SHA-256', 'SCRAM-SHA-512'])('with %s over TLS and an all-digit password', mechanism =>
      expectResults(
        scene.yamlFile('SASL_SSL', {
          'security.protocol': 'SASL_SSL',
          ...withCa(),
          'sasl.mechanism': mechanism,
          ...credentials,
        }),
      ),
    );

    test('with OAUTHBEARER over TLS and signed tokens', async () => {
      const before = scene.secure.tokens.issued.length;
      await expectResults(
        scene.iniFile('SASL_SSL', { 'security.protocol': 'SASL_SSL', ...withCa(), ...oidc(password) }),
      );
      expect(scene.secure.tokens.issued.length).toBeGreaterThan(before);
    });
  });

  /** Runs a worker that has to give up at once. @returns why, as its last line says it */
  async function refusalOf(configFile: string, flags: readonly string[] = []): Promise<string> {
    const worker = scene.start(configFile, flags);
    const timer = setTimeout(() => worker.send('SIGKILL'), soonMs);
    const exit = await worker.exited;
    clearTimeout(timer);
    expect(exit, worker.output()).toEqual({ code: 1, signal: null });
    expectNoSecret(worker);
    const end = worker.lines.find(({ kind }) => kind === 'end')?.msg ?? '';
    return /^failed: BrokerError: (.*): 0 files done/.exec(end)?.[1] ?? end;
  }

  function expectNoSecret(worker: WorkerProcess): void {
    const text = [...worker.lines.map(line => JSON.stringify(line)), ...worker.otherOutput].join('\n');
    for (const secret of [password, wrongPassword, keyPassword, ...scene.secure.tokens.issued])
      expect(text).not.toContain(secret);
  }

  const cannotRead = (group: string) => `cannot read topic ${scene.topic} as group ${group}: `;
  const inGroup = () => cannotRead(groupId);
  const offered = 'write security.protocol = %s and a sasl.mechanism of ';

  describe.concurrent('ends a worker at once, with what to do, when waiting cannot help', () => {
    test('the authority of the certificate is not known', async () => {
      const reason =
        'unable to verify the first certificate (UNABLE_TO_VERIFY_LEAF_SIGNATURE); name the certificate of the ' +
        "authority that signed the brokers' certificates in ssl.ca.location";
      const other = { 'ssl.ca.location': scene.secure.otherCaCertificate };
      const refusals = [{}, other].map(ca =>
        refusalOf(scene.iniFile('SSL', { 'security.protocol': 'SSL', ...ca })),
      );
      expect(await Promise.all(refusals)).toEqual([inGroup() + reason, inGroup() + reason]);
    });

    test('the certificate is for another host', async () => {
      expect(
        await refusalOf(scene.iniFile('ELSEWHERE', { 'security.protocol': 'SSL', ...withCa() })),
      ).toContain(
        '(ERR_TLS_CERT_ALTNAME_INVALID); use a name that stands in the certificate (in bootstrap.servers, and in advertised.listeners of the broker)',
      );
    });

    test('the certificate has expired', async () => {
      expect(await refusalOf(scene.iniFile('EXPIRED', { 'security.protocol': 'SSL', ...withCa() }))).toBe(
        `${inGroup()}certificate has expired (CERT_HAS_EXPIRED); renew the broker's certificate, or set the clock of this machine`,
      );
    });

    test('a client certificate is required and none is given', async () => {
      expect(await refusalOf(scene.iniFile('MUTUAL', { 'security.protocol': 'SSL', ...withCa() }))).toContain(
        'the broker wants a client certificate that it trusts: name it in ssl.certificate.location, its key in ssl.key.location',
      );
    });

    test.each([
      ['PLAINTEXT', 'SSL', 'PLAINTEXT', ''],
      ['SSL', 'PLAINTEXT', 'SSL', ''],
      ['SASL_PLAINTEXT', 'PLAINTEXT', 'SASL_PLAINTEXT', offered],
      ['SASL_SSL', 'PLAINTEXT', 'SASL_SSL', offered],
      ['SASL_SSL', 'SSL', 'SASL_SSL', offered],
    ])('the port speaks %s and security.protocol is %s', async (listener, configured, spoken, more) => {
      const file = scene.iniFile(listener, { 'security.protocol': configured, ...withCa() });
      const reason = await refusalOf(file);
      expect(reason).toContain(
        `${inGroup()}${scene.secure.kafka.addressOf(listener)} speaks ${spoken}, not ${configured}: ` +
          (more === ''
            ? `write security.protocol = ${spoken}, or use another port`
            : more.replace('%s', spoken)),
      );
    });

    test('the port does not want SASL', async () => {
      const settings = { 'sasl.mechanism': 'PLAIN', ...credentials };
      expect(
        await refusalOf(scene.iniFile('PLAINTEXT', { 'security.protocol': 'SASL_PLAINTEXT', ...settings })),
      ).toBe(
        `${inGroup()}this port does not ask for SASL: write security.protocol = PLAINTEXT or SSL (ILLEGAL_SASL_STATE)`,
      );
    });

    test.each(['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'])('a wrong password, %s', async mechanism => {
      const settings = { 'sasl.mechanism': mechanism, ...credentials, 'sasl.password': wrongPassword };
      const file = scene.yamlFile('SASL_SSL', { 'security.protocol': 'SASL_SSL', ...withCa(), ...settings });
      const reason = await refusalOf(file, ['--log-level', 'trace']);
      expect(reason).toContain(`${inGroup()}SASL ${mechanism.replace('SHA-', 'SHA').replace('-', ' ')}`);
      expect(reason).toContain('; check sasl.username, sasl.password and sasl.mechanism');
    });

    test('a mechanism that the broker does not offer', async () => {
      const settings = { 'sasl.mechanism': 'SCRAM-SHA-512', ...credentials };
      const file = scene.iniFile('ONLY_PLAIN', { 'security.protocol': 'SASL_PLAINTEXT', ...settings });
      expect(await refusalOf(file)).toBe(
        `${inGroup()}the broker does not offer this SASL mechanism: write one of its sasl.enabled.mechanisms into sasl.mechanism ` +
          '(UNSUPPORTED_SASL_MECHANISM)',
      );
    });

    test('a wrong client secret', async () => {
      const settings = { ...withCa(), ...oidc(wrongPassword) };
      const file = scene.iniFile('SASL_SSL', { 'security.protocol': 'SASL_SSL', ...settings });
      expect(await refusalOf(file, ['--log-level', 'trace'])).toBe(
        `${inGroup()}cannot get a token from ${scene.secure.tokens.tokenUrl}: HTTP 401 invalid_client; ` +
          'check sasl.oauthbearer.client.id, sasl.oauthbearer.client.secret and sasl.oauthbearer.scope',
      );
    });
  });

  describe('ends a worker at once, naming the right that is missing', () => {
    const granted = () =>
      scene.iniFile('SASL_SSL', {
        'security.protocol': 'SASL_SSL',
        ...withCa(),
        'sasl.mechanism': 'PLAIN',
        ...credentials,
      });
    const topicRight =
      'this user has no right to use the topic; it needs READ on the topic that is read and WRITE on the one for results (TOPIC_AUTHORIZATION_FAILED)';

    test('to use the group', async () => {
      expect(await refusalOf(granted(), ['--group-id', 'not-granted'])).toBe(
        `${cannotRead('not-granted')}this user has no right to use the consumer group; it needs READ on it (GROUP_AUTHORIZATION_FAILED)`,
      );
    });

    test('to read the topic', async () => {
      expect(await refusalOf(granted(), ['--consume-topic', 'not-granted'])).toBe(
        `cannot read topic not-granted as group ${groupId}: ${topicRight}`,
      );
    });

    test('to use the transactional id', async () => {
      expect(await refusalOf(granted(), ['--delivery', 'exactly-once'])).toContain(
        'this user has no right to use the transactional id; it needs WRITE and DESCRIBE on it (TRANSACTIONAL_ID_AUTHORIZATION_FAILED)',
      );
    });

    test('to write the results; the files are done once it is given', async () => {
      const files = await scene.upload();
      expect(await refusalOf(granted(), ['--produce-topic', 'not-granted'])).toBe(
        `cannot describe topic not-granted: ${topicRight}`,
      );
      const { describedTopic } = scene;
      expect(await refusalOf(granted(), ['--produce-topic', describedTopic])).toBe(
        `cannot send to partition 0 of topic ${describedTopic}: ${topicRight}`,
      );
      await expectResults(granted(), files);
    });
  });

  test('--check names the rights that a worker would miss, and those it has', async () => {
    const check = async (...flags: string[]) => {
      const access = { 'security.protocol': 'SASL_PLAINTEXT', 'sasl.mechanism': 'PLAIN', ...credentials };
      const worker = scene.start(scene.iniFile('SASL_PLAINTEXT', access), ['--check', ...flags]);
      const exit = await worker.exited;
      expectNoSecret(worker);
      return { code: exit.code, lines: worker.otherOutput };
    };
    const { describedTopic, topic, resultTopic } = scene;
    const granted = await check();
    const able = granted.lines.find(line => line.startsWith('ok       rights'));
    expect(able, granted.lines.join('\n')).toContain(`this user may READ ${topic}, WRITE ${resultTopic}`);
    expect(granted.code, granted.lines.join('\n')).toBe(0);
    const missing = await check('--produce-topic', describedTopic);
    expect(missing.lines).toContain(
      `problem  produce topic  this user has no right to WRITE topic ${describedTopic}. Ask who looks after your Kafka for it`,
    );
    const swapped = await check('--consume-topic', describedTopic);
    expect(swapped.lines).toContain(
      `problem  consume topic  this user has no right to READ topic ${describedTopic}. Ask who looks after your Kafka for it`,
    );
    const group = await check('--group-id', 'described-group');
    expect(group.lines).toContain(
      'problem  group          this user has no right to READ group described-group. Ask who looks after your Kafka for it',
    );
    for (const { code, lines } of [missing, swapped, group]) expect(code, lines.join('\n')).not.toBe(0);
  });

  test.each(['at-least-once', 'exactly-once'])(
    '%s: dead letters go to the state topic once the right to write their own is taken away',
    async delivery => {
      const { topic, sender } = scene;
      const { brokers } = scene.secure.kafka;
      const group = `${transactionalPrefix}-${delivery}`;
      const resultTopic = await createTopic(brokers, `${grantedPrefix}results`, 1);
      const [letterTopic, stateTopic] = [`${resultTopic}.dead-letters`, `${group}.files`];
      await withAdmin(brokers, admin =>
        admin.createTopics({ topics: [letterTopic, stateTopic].map(name => ({ topic: name })) }),
      );
      const own = await TopicReader.open(brokers, letterTopic);
      const kept = await TopicReader.open(brokers, stateTopic);
      const access = { 'security.protocol': 'SASL_PLAINTEXT', 'sasl.mechanism': 'PLAIN', ...credentials };
      const worker = scene.start(scene.iniFile('SASL_PLAINTEXT', access), [
        ...['--group-id', group, '--produce-topic', resultTopic, '--delivery', delivery],
        ...['--until-idle', '1h'],
      ]);

      const given: bigint[] = [];
      const lettersOn = ({ messages }: TopicReader, offset: bigint) =>
        messages.filter(({ key }) => key.includes(`/${topic}[1]@${offset}`)).length;
      /** Sends a message that cannot be used. @returns whether its dead letter is on the state topic */
      const isKept = async (): Promise<boolean> => {
        const offset = await sender.sendRaw(1, 'bad', Buffer.from('garbage'));
        given.push(offset);
        await until(
          `the dead letter of ${offset}`,
          soonMs,
          () => lettersOn(own, offset) + lettersOn(kept, offset) > 0,
        );
        return lettersOn(kept, offset) > 0;
      };
      expect(await isKept()).toBe(false);
      await forbidWriting(brokers, letterTopic);
      // The broker hears of it a moment later than its controller.
      await until('a dead letter on the state topic', soonMs, isKept);
      expect(await isKept()).toBe(true);
      worker.send('SIGTERM');
      expect(await worker.exited, worker.output()).toEqual({ code: 0, signal: null });
      expect(worker.output()).toContain(`They are kept on the state topic ${stateTopic}: `);
      expect(given.map(offset => lettersOn(own, offset) + lettersOn(kept, offset))).toEqual(
        given.map(() => 1),
      );
      const [committed, ends] = await withAdmin(brokers, admin =>
        Promise.all([committedOffsets(admin, group, topic), endOffsets(admin, topic)]),
      );
      expect(committed.get(1)).toBe(ends.get(1));
      await own.close();
      await kept.close();
    },
  );
});
