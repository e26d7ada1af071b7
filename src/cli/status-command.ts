import type { Command } from 'commander';
import type { StatusFlags } from '../programs/status/run-status.js';

const example = `
All of it comes from Kafka: the group's commits, the chunks that are not
settled, and the worker's state topic. Nothing is changed, and the worker need
not run.

Examples:
  reproducer status --group PeakFinder --topic instrument-files \\
    --brokers localhost:9092
  reproducer status --group PeakFinder --topic instrument-files \\
    --config lab.config --watch
  reproducer status --group PeakFinder --topic instrument-files \\
    --config lab.config --tables PeakFinder_output \\
    --produce-topic peak-tables

Ends with 0, with 1 when Kafka refused or stayed away, with 2 when it was used
or configured wrongly, with 3 when files have failed.`;

/** Adds `reproducer status`. */
export function addStatus(command: Command): void {
  command
    .command('status')
    .description('show how a group stands: open files and what they lack, done, failed, lag')
    .option('--group-id, --group <name>', "the worker's --group-id; by default that is the name of its class")
    .option('--consume-topic, --topic <name>', 'the topic with the chunks')
    .option('--state-topic <name>', 'where outcomes are kept, or none (default: GROUP.files)')
    .option('--brokers <host:port,...>', 'Kafka brokers to ask first')
    .option('--config <file>', "configuration file, the same as the worker's")
    .option('--read-limit <size>', 'look at so many bytes of chunks at most (default: 256MiB)')
    .option('--json', 'as JSON; with --watch one object per line')
    .option('--watch [duration]', 'again and again (2s), until it is stopped')
    .option('--tables <folder>', "write OpenMSIStream's tables of files into LOGS in this folder, too")
    .option('--produce-topic <name>', "the topic with the worker's results, for the name of a table")
    .addHelpText('after', example)
    .showHelpAfterError('reproducer status --help tells more')
    .action(async (flags: StatusFlags) => {
      const { runStatus } = await import('../programs/status/run-status.js');
      process.exitCode = await runStatus(flags);
    });
}
