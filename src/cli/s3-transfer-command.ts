import type { Command } from 'commander';
import { addWorkerOptions } from './file-program-options.js';
import type { S3TransferFlags } from '../programs/s3-transfer/s3-settings.js';

const example = `
Every file becomes the object TOPIC/PATH once it is whole and its SHA-512 is
that of the upload. Large files go in parts; an object is visible when all of it
is there, and what S3 says it has is compared with what was sent. An object that
has the same content is left alone. Started again, it goes on where it ended.
While S3 is away, files wait.

The keys stand in the section [s3] of the configuration file, as for
OpenMSIStream: access_key_id, secret_key_id, region, endpoint_url; or in
REPRODUCER_S3_ACCESS_KEY_ID and REPRODUCER_S3_SECRET_KEY_ID; or where Amazon's
programs look for them.

Needs the package @aws-sdk/client-s3: npm install @aws-sdk/client-s3

Example:
  reproducer s3-transfer lab-archive --topic instrument-files \\
    --config lab.config

Ends with 0 when done or stopped, 1 when it failed, 2 when it was used or
configured wrongly, 3 when files failed.`;

/** Adds `reproducer s3-transfer`. */
export function addS3Transfer(command: Command): void {
  const program = command
    .command('s3-transfer')
    .description('put the files of a topic into an S3 bucket, each one whole or not at all')
    .argument('<bucket>', 'the name of the bucket, which must be there')
    .option('--topic <name>', 'the topic with the chunks (required)')
    .option('--brokers <host:port,...>', 'Kafka brokers to ask first')
    .option('--config <file>', "configuration file, the same as a worker's, with a section [s3]")
    .option('--endpoint-url <address>', "an S3-compatible server (default: Amazon's)")
    .option('--region <name>', 'the region of the bucket')
    .option('--part-size <size>', 'files that are larger go in parts of this size (default: 8MiB)')
    .option('--match <pattern>', 'only paths that match: a glob such as "**/*.csv", or /regular expression/')
    .option(
      '--group-id <name>',
      'processes with the same one share the work (default: s3-transfer, then the bucket)',
    )
    .option('--placement <layout>', 'how files lie on the topic: scattered or by-file (default: scattered)')
    .option('--start-from <end>', 'where a new group begins: earliest or latest (default: earliest)')
    .option('--concurrency <number>', 'files on their way to the bucket at the same time (default: 4)')
    .option('--until-idle [duration]', 'end once nothing was left to do for so long (5s)')
    .option('--limit <number>', 'end after so many files')
    .option('--memory-budget <size>', 'bytes held in memory (default: 256MiB)')
    .option('--output-dir <folder>', 'for what does not fit into memory (default: s3-transfer_output)')
    .option(
      '--tables <folder>',
      "keep OpenMSIStream's tables of files in LOGS in this folder, or none (default: the output directory)",
    );
  addWorkerOptions(program)
    .addHelpText('after', example)
    .showHelpAfterError('reproducer s3-transfer --help tells more')
    .action(async (bucket: string, flags: S3TransferFlags) => {
      const { runS3Transfer } = await import('../programs/s3-transfer/run-s3-transfer.js');
      process.exitCode = await runS3Transfer(bucket, flags);
    });
}
