import type { Command } from 'commander';
import type { UploadCommandFlags } from '../programs/upload/run-upload.js';
import { addUploadFlags } from './upload-flags.js';

const example = `
A folder stands for all files below it. A file arrives under its name, one from
a folder under its path in that folder; with --root under its path below the
root. A file that changes while it is read is uploaded again. A file without
content cannot be uploaded: it has no chunk. Uploading a file twice is harmless.

Examples:
  reproducer upload scan-17.xy --topic instrument-files --brokers localhost:9092
  reproducer upload /data/2024 /data/2025 --root /data \\
    --match '**/*.{csv,xy}' --topic instrument-files --config lab.config

Ends with 0 when all is on the topic, 1 when Kafka refused or stayed away, 2
when it was used or configured wrongly, 3 when not all files could be sent.`;

/** Adds `reproducer upload`. */
export function addUpload(command: Command): void {
  const upload = command
    .command('upload')
    .description('upload files to a topic, in chunks that workers and OpenMSIStream put together again')
    .argument('<file...>', 'files and folders')
    .option('--root <folder>', 'what paths on the topic are relative to');
  addUploadFlags(upload)
    .option('--give-up-after <duration>', 'bear an unreachable Kafka for so long (default: 2m)')
    .addHelpText('after', example)
    .showHelpAfterError('reproducer upload --help tells more')
    .action(async (files: string[], flags: UploadCommandFlags) => {
      const { runUpload } = await import('../programs/upload/run-upload.js');
      process.exitCode = await runUpload(files, flags);
    });
}
