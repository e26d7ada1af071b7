import type { Command } from 'commander';
import { addWorkerOptions } from './file-program-options.js';
import type { DownloadFlags } from '../programs/download/download-settings.js';

const example = `
Every file is put together beside its place and gets its name once it is whole,
its SHA-512 is that of the upload, and it is on the disk. Started again, it goes
on where it ended. A newer upload of a path replaces the older one. Files for
which there is no place (a folder or a link has the name) are told, and the rest
goes on.

Example:
  reproducer download /data/copy --topic instrument-files --match '**/*.xy' \\
    --brokers localhost:9092

Ends with 0 when done or stopped, 1 when it failed, 2 when it was used or
configured wrongly, 3 when files failed.`;

/** Adds `reproducer download`. */
export function addDownload(command: Command): void {
  const program = command
    .command('download')
    .description('keep the files of a topic in a folder, each one whole or not at all')
    .argument('<folder>', 'the folder; made if it is missing')
    .option('--topic <name>', 'the topic with the chunks (required)')
    .option('--brokers <host:port,...>', 'Kafka brokers to ask first')
    .option('--config <file>', "configuration file, the same as a worker's")
    .option('--match <pattern>', 'only paths that match: a glob such as "**/*.csv", or /regular expression/')
    .option(
      '--group-id <name>',
      'processes with the same one share the work (default: one for this host and folder)',
    )
    .option('--placement <layout>', 'how files lie on the topic: scattered or by-file (default: scattered)')
    .option('--start-from <end>', 'where a new group begins: earliest or latest (default: earliest)')
    .option('--until-idle [duration]', 'end once nothing was left to do for so long (5s)')
    .option('--limit <number>', 'end after so many files')
    .option('--memory-budget <size>', 'bytes held in memory (default: 256MiB)')
    .option(
      '--tables <folder>',
      "keep OpenMSIStream's tables of files in LOGS in this folder (default: none)",
    );
  addWorkerOptions(program)
    .addHelpText('after', example)
    .showHelpAfterError('reproducer download --help tells more')
    .action(async (folder: string, flags: DownloadFlags) => {
      const { runDownload } = await import('../programs/download/run-download.js');
      process.exitCode = await runDownload(folder, flags);
    });
}
