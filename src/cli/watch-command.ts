import type { Command } from 'commander';
import type { WatchFlags } from '../programs/watch/watch-settings.js';
import { addAnnouncementOptions } from './announcement-options.js';
import { addUploadFlags } from './upload-flags.js';

const example = `
Uploads the files that are in the folder and those that appear in it, at any
depth, under their paths in the folder. A file is sent once it has not changed
for the settle time, and again when it changes. What was uploaded stands in LOGS
in the folder, in OpenMSIStream's tables and in a journal; after a crash only
what is missing is sent. Unreadable files are tried again. Without --ignore,
*.tmp, *.part, *.partial, *.crdownload, *.swp and *~ are left out.

Example:
  reproducer watch /data/diffractometer --topic instrument-files \\
    --brokers localhost:9092

Stops at Ctrl-C, SIGTERM or q; type c for progress. Ends with 0 when stopped or
idle, 1 when it failed, 2 when it was used or configured wrongly, 3 when some
files could not be read.`;

/** Adds `reproducer watch`. */
export function addWatch(command: Command): void {
  const watch = command
    .command('watch')
    .description(
      'upload the files of a folder as they appear and change, each version once, whatever crashes',
    )
    .argument('<folder>', 'the folder');
  addUploadFlags(watch)
    .option('--settle <duration>', 'a file that did not change for so long is complete (default: 3s)')
    .option('--output-dir <folder>', 'where the folder LOGS is kept (default: the folder that is watched)')
    .option('--poll [duration]', 'look at everything so often: for network shares (2s)')
    .option('--rescan <duration>', 'look so often for what the system did not tell of (default: 10m)')
    .option('--until-idle [duration]', 'end once nothing was left to do for so long (5s)')
    .option(
      '--drain-timeout <duration>',
      'time for files that are being sent when it is stopped (default: 30s)',
    )
    .option(
      '--log-file-level <level>',
      'least important messages for the log file in LOGS; silent: no file (default: warn)',
    );
  addAnnouncementOptions(watch)
    .addHelpText('after', example)
    .showHelpAfterError('reproducer watch --help tells more')
    .action(async (folder: string, flags: WatchFlags) => {
      const { runWatch } = await import('../programs/watch/run-watch.js');
      process.exitCode = await runWatch(folder, flags);
    });
}
