import { X509Certificate, createPrivateKey } from 'node:crypto';
import { resolve } from 'node:path';
import type { TlsOptions } from '../../kafka/driver.js';
import { missingProperty, placeOfProperty, type ConnectionInput, type Remarks } from './connection-input.js';

/**
 * Reads the certificate files and checks them, so that a wrong path, a file of another format or a wrong passphrase is
 * found before the first connection and named as such.
 *
 * @returns `true` for TLS with Node's own certificate authorities.
 */
export function compileTls(input: ConnectionInput, remarks: Remarks): TlsOptions | true {
  const { values } = input.properties;
  const pem = (location: string | undefined, text: string | undefined, name: string): string | undefined =>
    readPem(input, location, text, name, remarks);
  // `probe` is librdkafka's word for the system's authorities; Node has its own.
  const ca = pem(values.caLocation === 'probe' ? undefined : values.caLocation, values.caPem, 'ssl.ca');
  const cert = pem(values.certificateLocation, values.certificatePem, 'ssl.certificate');
  const key = pem(values.keyLocation, values.keyPem, 'ssl.key');
  if (ca !== undefined) checkCertificate(input, 'ssl.ca', ca, remarks);
  if (cert !== undefined) checkCertificate(input, 'ssl.certificate', cert, remarks);
  if (key !== undefined) checkKey(input, key, remarks);
  checkPair(input, remarks);
  if (values.verifyCertificates === false) {
    const place = placeOfProperty(input.properties, 'enable.ssl.certificate.verification');
    remarks.warnings.push(
      `${place} is off: anybody between here and the brokers can read and change everything`,
    );
  }
  const options: TlsOptions = {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(values.keyPassword === undefined ? {} : { passphrase: values.keyPassword }),
    ...(values.verifyCertificates === false ? { rejectUnauthorized: false } : {}),
  };
  return Object.keys(options).length === 0 ? true : options;
}

type PemName = 'ssl.ca' | 'ssl.certificate' | 'ssl.key';

function readPem(
  input: ConnectionInput,
  location: string | undefined,
  text: string | undefined,
  name: string,
  remarks: Remarks,
): string | undefined {
  if (location === undefined) return text;
  const path = resolve(input.cwd, location);
  try {
    return input.readFile(path);
  } catch (error) {
    const place = placeOfProperty(input.properties, `${name}.location`);
    remarks.problems.push(`${place}: cannot read ${path}: ${(error as Error).message}`);
    return undefined;
  }
}

function placeOfPem(input: ConnectionInput, name: PemName): string {
  const { places } = input.properties;
  return places.get(`${name}.location`) ?? places.get(`${name}.pem`) ?? name;
}

function checkCertificate(input: ConnectionInput, name: PemName, pem: string, remarks: Remarks): void {
  try {
    new X509Certificate(pem);
  } catch (error) {
    const place = placeOfPem(input, name);
    remarks.problems.push(`${place} is not a certificate in PEM format: ${(error as Error).message}`);
  }
}

function checkKey(input: ConnectionInput, pem: string, remarks: Remarks): void {
  const passphrase = input.properties.values.keyPassword;
  try {
    createPrivateKey({ key: pem, ...(passphrase === undefined ? {} : { passphrase }) });
  } catch (error) {
    const place = placeOfPem(input, 'ssl.key');
    const reason = (error as Error).message;
    remarks.problems.push(
      `${place} cannot be used as a private key: ${reason}; it must be PEM, with ssl.key.password if it is encrypted`,
    );
  }
}

/** A certificate of the client is of no use without its key, and the other way round. */
function checkPair(input: ConnectionInput, remarks: Remarks): void {
  const { places } = input.properties;
  const has = (name: string): boolean => places.has(`${name}.location`) || places.has(`${name}.pem`);
  if (has('ssl.certificate') && !has('ssl.key')) {
    remarks.problems.push(missingProperty('ssl.key.location', 'ssl.certificate'));
  }
  if (has('ssl.key') && !has('ssl.certificate')) {
    remarks.problems.push(missingProperty('ssl.certificate.location', 'ssl.key'));
  }
}
