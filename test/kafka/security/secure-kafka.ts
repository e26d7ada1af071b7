import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import kafkajs from 'kafkajs';
import { withAdmin } from '../../invariants/harness/topics.js';
import { RealKafka } from '../../real-kafka/real-kafka.js';
import { CertificateAuthority, encryptKey, keyStore, type IssuedCertificate } from './certificates.js';
import { audience, TokenEndpoint } from './token-endpoint.js';

const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } = kafkajs;

/** All digits, with zeros in front: text that must stay text. */
export const password = '0012345678';
export const keyPassword = '00998877';
/** Topics and groups whose names begin so are for the two users below. */
export const grantedPrefix = 'granted-';
/** Topics and groups whose names begin so may be described by them, and no more. */
export const describedPrefix = 'described-';
/** Groups whose names begin so may use transactions. */
export const transactionalPrefix = `${grantedPrefix}once`;
export const user = 'worker';
/** The user that a client certificate names. */
export const certificateUser = 'instrument-1';

/** A broker with authorization and every way to authenticate; who comes in by `PLAINTEXT` may do everything. */
export interface SecureKafka {
  readonly kafka: RealKafka;
  readonly tokens: TokenEndpoint;
  readonly caCertificate: string;
  /** Of an authority that did not sign the broker's certificate. */
  readonly otherCaCertificate: string;
  readonly client: IssuedCertificate & { readonly encryptedKey: string };
  /** For files of the test. */
  readonly folder: string;
  close(): Promise<void>;
}

export async function startSecureKafka(): Promise<SecureKafka> {
  const folder = mkdtempSync(join(tmpdir(), 'secure-kafka-'));
  const authority = new CertificateAuthority(folder, 'lab-ca');
  const tokens = await TokenEndpoint.start({ [user]: password });
  let kafka: RealKafka | undefined;
  const close = async (): Promise<void> => {
    await kafka?.stop();
    await tokens.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const client = authority.issue(certificateUser);
    kafka = await startBroker(authority, tokens);
    await grantRights(kafka.brokers);
    return {
      kafka,
      tokens,
      caCertificate: authority.certificate,
      otherCaCertificate: new CertificateAuthority(folder, 'other-ca').certificate,
      client: { ...client, encryptedKey: encryptKey(client.key, keyPassword) },
      folder,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function startBroker(authority: CertificateAuthority, tokens: TokenEndpoint): Promise<RealKafka> {
  const here = keyStore(authority.issue('broker', 'IP:127.0.0.1'));
  const expired = keyStore(authority.issue('expired', 'IP:127.0.0.1', '0'));
  const elsewhere = keyStore(authority.issue('elsewhere', 'DNS:kafka.lab.example'));
  return RealKafka.start({
    listeners: {
      SSL: 'SSL',
      MUTUAL: 'SSL',
      ELSEWHERE: 'SSL',
      EXPIRED: 'SSL',
      SASL_PLAINTEXT: 'SASL_PLAINTEXT',
      SASL_SSL: 'SASL_SSL',
      ONLY_PLAIN: 'SASL_PLAINTEXT',
    },
    scramUsers: { [user]: password },
    systemProperties: { 'org.apache.kafka.sasl.oauthbearer.allowed.urls': tokens.keysUrl },
    set: {
      'group.min.session.timeout.ms': '1000',
      'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
      'super.users': 'User:ANONYMOUS',
      'ssl.keystore.type': 'PEM',
      'ssl.keystore.location': here,
      'ssl.truststore.type': 'PEM',
      'ssl.truststore.location': authority.certificate,
      'listener.name.mutual.ssl.client.auth': 'required',
      'listener.name.elsewhere.ssl.keystore.type': 'PEM',
      'listener.name.elsewhere.ssl.keystore.location': elsewhere,
      'listener.name.expired.ssl.keystore.type': 'PEM',
      'listener.name.expired.ssl.keystore.location': expired,
      ...saslProperties('sasl_plaintext', tokens),
      ...saslProperties('sasl_ssl', tokens),
      'listener.name.only_plain.sasl.enabled.mechanisms': 'PLAIN',
      'listener.name.only_plain.plain.sasl.jaas.config': plainUsers,
    },
  });
}

const security = 'org.apache.kafka.common.security';
const plainUsers = `${security}.plain.PlainLoginModule required user_${user}="${password}";`;

function saslProperties(listener: string, tokens: TokenEndpoint): Record<string, string> {
  const prefix = `listener.name.${listener}`;
  const oauth = `${prefix}.oauthbearer.sasl`;
  const scram = `${security}.scram.ScramLoginModule required;`;
  return {
    [`${prefix}.sasl.enabled.mechanisms`]: 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER',
    [`${prefix}.plain.sasl.jaas.config`]: plainUsers,
    [`${prefix}.scram-sha-256.sasl.jaas.config`]: scram,
    [`${prefix}.scram-sha-512.sasl.jaas.config`]: scram,
    [`${oauth}.jaas.config`]: `${security}.oauthbearer.OAuthBearerLoginModule required;`,
    [`${oauth}.server.callback.handler.class`]: `${security}.oauthbearer.OAuthBearerValidatorCallbackHandler`,
    [`${oauth}.oauthbearer.jwks.endpoint.url`]: tokens.keysUrl,
    [`${oauth}.oauthbearer.expected.audience`]: audience,
  };
}

/** Takes the right to write a topic away from the worker's user. */
export async function forbidWriting(brokers: readonly string[], topic: string): Promise<void> {
  const acl = {
    resourceName: topic,
    resourceType: AclResourceTypes.TOPIC,
    resourcePatternType: ResourcePatternTypes.LITERAL,
    operation: AclOperationTypes.WRITE,
    permissionType: AclPermissionTypes.DENY,
    principal: `User:${user}`,
    host: '*',
  };
  await withAdmin(brokers, admin => admin.createAcls({ acl: [acl] }));
}

/** The least that a worker needs: read its topic, use its group, write results. */
async function grantRights(brokers: readonly string[]): Promise<void> {
  const { READ, WRITE, DESCRIBE } = AclOperationTypes;
  const rights = [
    { resourceName: grantedPrefix, resourceType: AclResourceTypes.TOPIC, operation: READ },
    { resourceName: grantedPrefix, resourceType: AclResourceTypes.TOPIC, operation: WRITE },
    { resourceName: grantedPrefix, resourceType: AclResourceTypes.GROUP, operation: READ },
    { resourceName: transactionalPrefix, resourceType: AclResourceTypes.TRANSACTIONAL_ID, operation: WRITE },
    { resourceName: describedPrefix, resourceType: AclResourceTypes.TOPIC, operation: DESCRIBE },
    { resourceName: describedPrefix, resourceType: AclResourceTypes.GROUP, operation: DESCRIBE },
  ];
  const acl = [`User:${user}`, `User:CN=${certificateUser}`].flatMap(principal =>
    rights.map(right => ({
      ...right,
      principal,
      resourcePatternType: ResourcePatternTypes.PREFIXED,
      host: '*',
      permissionType: AclPermissionTypes.ALLOW,
    })),
  );
  await withAdmin(brokers, admin => admin.createAcls({ acl }));
}
