import type * as ClientS3 from '@aws-sdk/client-s3';
import { ConfigError } from '../../errors.js';
import type { S3Settings } from './s3-settings.js';

/** Amazon's client, loaded when it is needed: few users have buckets, and it is as large as the rest of the package. */
export type S3Library = typeof ClientS3;

const connectionTimeoutMs = 10_000;
/** Silence on a connection; a slow one that goes on is none. */
const socketTimeoutMs = 60_000;

/** @throws {ConfigError} it is not installed */
export async function loadS3Library(): Promise<S3Library> {
  try {
    return await import('@aws-sdk/client-s3');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new ConfigError(
      's3-transfer needs the package @aws-sdk/client-s3, which is not installed with this one: npm install @aws-sdk/client-s3',
      { cause: error },
    );
  }
}

/**
 * Opens a client for Amazon's S3 or, with an endpoint, for any server that speaks its protocol. Nothing is connected yet.
 *
 * The address of an object is `endpoint/bucket/key` where an endpoint is given: other servers seldom have a host name for each bucket.
 */
export function openS3Client(library: S3Library, settings: S3Settings): ClientS3.S3Client {
  const { accessKeyId, secretKeyId: secretAccessKey, region, endpointUrl } = settings;
  const hasKeys = accessKeyId !== undefined && secretAccessKey !== undefined;
  const isAmazon =
    endpointUrl === undefined || /\.amazonaws\.com(\.cn)?$/.test(new URL(endpointUrl).hostname);
  return new library.S3Client({
    ...(endpointUrl === undefined ? {} : { endpoint: endpointUrl }),
    ...(hasKeys ? { credentials: { accessKeyId, secretAccessKey } } : {}),
    ...(region === undefined && isAmazon ? {} : { region: region ?? 'us-east-1' }),
    forcePathStyle: !isAmazon,
    // We send our own checksums; those that the client adds by itself are unknown to some servers.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    maxAttempts: 3,
    requestHandler: { connectionTimeout: connectionTimeoutMs, socketTimeout: socketTimeoutMs },
  });
}

/**
 * Sees that there is a region: the client looks for one in several places when it is first used, and would fail with each file.
 * @throws {ConfigError} there is none
 */
export async function requireRegion(client: {
  readonly config: { region(): Promise<string> };
}): Promise<void> {
  try {
    await client.config.region();
  } catch (error) {
    const problem =
      'there is no region: give --region, write region into [s3] of a --config file, or set AWS_REGION; a server that is not ' +
      `Amazon's has --endpoint-url (${(error as Error).message})`;
    throw new ConfigError([problem], { heading: 's3-transfer cannot start:' });
  }
}
