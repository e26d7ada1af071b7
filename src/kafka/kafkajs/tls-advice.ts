/** What to do about an error of Node's TLS, by its code. The first that matches counts. */
const adviceByCode: readonly (readonly [RegExp, string])[] = [
  [
    /^(UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|CERT_UNTRUSTED|CERT_SIGNATURE_FAILURE)/,
    "name the certificate of the authority that signed the brokers' certificates in ssl.ca.location",
  ],
  [
    /^ERR_TLS_CERT_ALTNAME_INVALID$/,
    'use a name that stands in the certificate (in bootstrap.servers, and in advertised.listeners of the broker), ' +
      'or have the certificate issued for this one',
  ],
  [/^CERT_(HAS_EXPIRED|NOT_YET_VALID)$/, "renew the broker's certificate, or set the clock of this machine"],
  [
    /^ERR_SSL_.*ALERT_(BAD_CERTIFICATE|CERTIFICATE_|UNKNOWN_CA|UNSUPPORTED_CERTIFICATE|HANDSHAKE_FAILURE)/,
    'the broker wants a client certificate that it trusts: name it in ssl.certificate.location, its key in ssl.key.location',
  ],
  [
    /^ERR_SSL_WRONG_VERSION_NUMBER$/,
    'this port does not speak TLS: check bootstrap.servers and security.protocol',
  ],
];

/** Undefined where there is nothing better to say than the error itself. */
export function adviceForTls(code: string): string | undefined {
  return adviceByCode.find(([codes]) => codes.test(code))?.[1];
}

/** OpenSSL's own lines (`…:SSL routines:ssl3_read_bytes:sslv3 alert bad certificate:….c:1601:…`) cut down to their reason. */
export function tlsReason(message: string): string {
  return /:SSL routines:[^:]*:([^:]+):/.exec(message)?.[1] ?? message.trim();
}

/**
 * A broker that ends a connection without a word may be restarting, or is spoken to in the wrong way; nobody can tell
 * which from here, so it is tried again.
 */
export const adviceForClosedConnection =
  'the broker ended the connection without a word: if this goes on, security.protocol may not be the one of this port';

/** Whether an error says that a connection was made and then ended by the other side. */
export function wasConnectionEnded(reason: string): boolean {
  return /closed connection|before secure TLS|socket hang up|ECONNRESET|connection closed/i.test(reason);
}
