import { statusOf } from './s3-bucket.js';

/** Answers to which another file may be no reason: this one's name or size does not fit. */
const aboutOneFile = new Set([
  'EntityTooLarge',
  'KeyTooLongError',
  'InvalidArgument',
  'InvalidObjectName',
  'InvalidURI',
  'MetadataTooLarge',
  'XMinioInvalidObjectName',
]);

/** Whether only this file cannot be kept; all else concerns every file, and passes or is mended by somebody. */
export function concernsOneFile(error: unknown): boolean {
  return error instanceof Error && aboutOneFile.has(error.name);
}

/** What somebody must mend before anything can be kept; undefined where waiting may help. */
export function startProblem(error: unknown, bucket: string, address: string): string | undefined {
  switch (statusOf(error)) {
    case 404:
      return `${address} has no bucket ${bucket}: make it, or give another name`;
    case 301:
      return `the bucket ${bucket} is in another region: give its --region, or region in [s3] of the --config file`;
    case 400:
    case 401:
    case 403:
      return `${address} refuses the bucket ${bucket} (${tellOf(error)}): check access_key_id, secret_key_id and region in [s3] of the --config file, and the rights of that key`;
    default:
      return error instanceof Error && aboutCredentials.has(error.name)
        ? `there are no credentials for ${address}: write access_key_id and secret_key_id into [s3] of a --config file (${error.message})`
        : undefined;
  }
}

const aboutCredentials = new Set(['CredentialsProviderError', 'TokenProviderError']);

/** `AccessDenied: Access Denied, status 403`; the answer to a request for a head has the status alone. */
export function tellOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const status = statusOf(error);
  if (status === undefined) return toldCause(error);
  const hasText = error.message !== '' && error.message !== 'UnknownError';
  return `${hasText ? `${error.name}: ${error.message}, ` : ''}status ${status}`;
}

/** A connection to a name with several addresses fails with several errors and no text. */
function toldCause(error: Error): string {
  const first = error instanceof AggregateError ? (error.errors[0] as unknown) : error;
  return first instanceof Error && first.message !== '' ? first.message : error.name;
}
