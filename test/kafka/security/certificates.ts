import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const validDays = '2';

/** Why no certificates can be made here; undefined when they can. */
export function missingOpenssl(): string | undefined {
  const { status } = spawnSync('openssl', ['version']);
  return status === 0 ? undefined : 'the openssl command is needed';
}

/** Paths of PEM files. */
export interface IssuedCertificate {
  readonly certificate: string;
  /** PKCS #8, not encrypted. */
  readonly key: string;
}

/** A certificate authority in a folder. */
export class CertificateAuthority {
  readonly certificate: string;
  readonly #key: string;
  readonly #folder: string;

  /** @param name also the prefix of its files */
  constructor(folder: string, name: string) {
    this.#folder = folder;
    this.certificate = join(folder, `${name}.crt`);
    this.#key = join(folder, `${name}.key`);
    openssl([
      ...['req', '-x509', ...ellipticKey, '-keyout', this.#key, '-out', this.certificate],
      ...['-days', validDays, '-subj', `/CN=${name}`, '-addext', 'basicConstraints=critical,CA:TRUE'],
    ]);
  }

  /**
   * @param host `IP:127.0.0.1` or `DNS:name`, for the certificate of a server
   * @param days for how long it is valid; 0: it has expired by the time a broker has started
   */
  issue(name: string, host?: string, days = validDays): IssuedCertificate {
    const file = (ending: string): string => join(this.#folder, `${name}.${ending}`);
    const [key, request, certificate, extensions] = ['key', 'csr', 'crt', 'ext'].map(file) as [
      string,
      string,
      string,
      string,
    ];
    openssl(['req', '-new', ...ellipticKey, '-keyout', key, '-out', request, '-subj', `/CN=${name}`]);
    writeFileSync(extensions, host === undefined ? '' : `subjectAltName=${host}\n`);
    openssl([
      ...['x509', '-req', '-in', request, '-out', certificate, '-days', days, '-extfile', extensions],
      ...['-CA', this.certificate, '-CAkey', this.#key, '-CAcreateserial'],
    ]);
    return { certificate, key };
  }
}

/** @returns path of the same key, encrypted */
export function encryptKey(key: string, password: string): string {
  const encrypted = key.replace(/\.key$/, '-encrypted.key');
  openssl([
    'pkcs8',
    '-topk8',
    '-v2',
    'aes-256-cbc',
    '-in',
    key,
    '-out',
    encrypted,
    '-passout',
    `pass:${password}`,
  ]);
  return encrypted;
}

/** @returns path of key and certificate in one file, as Kafka's PEM key stores are */
export function keyStore({ key, certificate }: IssuedCertificate): string {
  const path = key.replace(/\.key$/, '-store.pem');
  writeFileSync(path, readFileSync(key, 'utf8') + readFileSync(certificate, 'utf8'));
  return path;
}

const ellipticKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

function openssl(args: readonly string[]): void {
  execFileSync('openssl', args, { stdio: ['ignore', 'ignore', 'pipe'] });
}
