import { exitSoon } from '../../bootstrap/exit-code.js';
import { openLog } from '../../bootstrap/open-log.js';
import { runPrepared } from '../../bootstrap/run-reproducer.js';
import { ConfigError } from '../../errors.js';
import { FileTransfer } from './file-transfer.js';
import { startProblem } from './judge-s3-error.js';
import { S3Bucket } from './s3-bucket.js';
import { loadS3Library, openS3Client, requireRegion } from './s3-client.js';
import { readS3TransferFlags, s3TransferDefinition, type S3TransferFlags } from './s3-settings.js';

/** S3 that does not answer by then is away: the files will wait for it. */
const findMs = 10_000;

/**
 * Runs `reproducer s3-transfer BUCKET`: a worker whose method puts each file into the bucket.
 *
 * @returns the exit code of a worker
 * @throws {ConfigError} with all mistakes; or the bucket cannot be used. Nothing was read then
 */
export async function runS3Transfer(bucket: string, flags: S3TransferFlags): Promise<number> {
  const sources = { env: process.env, cwd: process.cwd() };
  const { configuration, settings } = readS3TransferFlags(bucket, flags, sources);
  const library = await loadS3Library();
  const client = openS3Client(library, settings);
  const log = openLog(s3TransferDefinition.name, configuration.options, { isShared: true });
  const address = settings.endpointUrl ?? 'Amazon S3';
  const target = new S3Bucket(library, client, bucket);
  await requireRegion(client);
  await refuseUnusable(target, address);
  const summary = await runPrepared({
    definition: s3TransferDefinition,
    instance: new FileTransfer(target, settings.partBytes, address, log.logger),
    configuration,
    ...log,
    isForPeople: process.stderr.isTTY,
    methodText: 'to store it',
  });
  client.destroy();
  if (summary.outcome === 'failed' || summary.outcome === 'abandoned') exitSoon();
  return summary.exitCode;
}

async function refuseUnusable(target: S3Bucket, address: string): Promise<void> {
  try {
    await target.find(AbortSignal.timeout(findMs));
  } catch (error) {
    const problem = startProblem(error, target.name, address);
    if (problem !== undefined) throw new ConfigError([problem], { heading: 's3-transfer cannot start:' });
  }
}
