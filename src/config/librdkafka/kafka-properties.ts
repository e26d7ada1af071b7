/**
 * What librdkafka's names say about the connection and the fetches, parsed; undefined where nothing is said.
 * Files are named, not read yet.
 */
export interface KafkaProperties {
  clientId?: string;
  securityProtocol?: 'plaintext' | 'ssl' | 'sasl_plaintext' | 'sasl_ssl';
  caLocation?: string;
  caPem?: string;
  certificateLocation?: string;
  certificatePem?: string;
  keyLocation?: string;
  keyPem?: string;
  keyPassword?: string;
  verifyCertificates?: boolean;
  saslMechanism?: 'plain' | 'scram-sha-256' | 'scram-sha-512' | 'oauthbearer';
  saslUsername?: string;
  saslPassword?: string;
  oauthMethod?: string;
  oauthClientId?: string;
  oauthClientSecret?: string;
  oauthTokenEndpointUrl?: string;
  oauthScope?: string;
  oauthExtensions?: Record<string, string>;
  socketTimeoutMs?: number;
  requestTimeoutMs?: number;
  connectionTimeoutMs?: number;
  metadataMaxAgeMs?: number;
  heartbeatIntervalMs?: number;
  maxBytes?: number;
  maxBytesPerPartition?: number;
  maxWaitMs?: number;
}

/** The properties and where each was read: librdkafka's name -> `lab.config:12: [broker] sasl.username`. */
export interface PlacedKafkaProperties {
  readonly values: KafkaProperties;
  readonly places: ReadonlyMap<string, string>;
}

export const noKafkaProperties: PlacedKafkaProperties = { values: {}, places: new Map() };
