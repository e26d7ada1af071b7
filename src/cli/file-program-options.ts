import type { Command } from 'commander';
import { addAnnouncementOptions } from './announcement-options.js';

/** The flags at the end of each program that is a worker with a method of its own. */
export function addWorkerOptions(command: Command): Command {
  command
    .option(
      '--state-topic <name>',
      'topic that keeps what became of each file (default: the group id, then .files)',
    )
    .option('--dead-letter-topic <name>', 'topic for what is given up')
    .option('--incomplete-after <duration>', 'set an incomplete file aside after so long (default: 24h)')
    .option('--session-timeout <duration>', 'silence after which others take over')
    .option('--metrics [port]', 'serve metrics and probes');
  return addAnnouncementOptions(command)
    .option('--log-level <level>', 'least important messages to print (default: info)')
    .option(
      '--log-file-level <level>',
      'least important messages for the log file beside the tables; silent: no file (default: warn)',
    );
}
