import type { Command } from 'commander';
import type { ColocateFlags } from '../programs/colocate/colocate-options.js';

const example = `
All chunks of a file go to the partition that the file's path chooses; bytes,
keys, headers and time stamps stay. Each message is copied once, whatever
crashes: copies and offsets are one transaction. Several processes with the same
group share the work. Configuration files and environment variables are those of
a worker, but for group and start.

Example:
  reproducer colocate instrument-files files-by-file --target-partitions 8 \\
    --brokers localhost:9092 --until-idle

Ends with 0 when done, 1 when it failed, 2 when it was used or configured
wrongly, 3 when retention removed messages before they were copied.`;

/** Adds `reproducer colocate`. */
export function addColocate(command: Command): void {
  command
    .command('colocate')
    .description('copy a topic so that the chunks of each file lie on one partition, each chunk exactly once')
    .argument('<from>', 'the topic with scattered files')
    .argument('<to>', 'the topic for the copies')
    .option('--brokers <host:port,...>', 'Kafka brokers to ask first')
    .option(
      '--config <file>',
      "configuration file, the same as a worker's; only connection and fetch sizes count",
    )
    .option('--target-partitions <number>', 'create <to> with so many partitions if it does not exist')
    .option('--group-id <name>', 'processes with the same one share the work (default: colocate.<from>.<to>)')
    .option(
      '--start-from <end>',
      'where to begin what was never copied: earliest or latest (default: earliest)',
    )
    .option('--until-idle [duration]', 'end once all was copied and nothing came for so long (5s)')
    .option('--dry-run', 'look at everything, change nothing')
    .option('--instance <name>', 'name of this process in its transactional id, always the same for it')
    .option('--memory-budget <size>', 'memory for messages that wait (default: 64MiB)')
    .option('--compression <codec>', 'of the copies: none, gzip, snappy, lz4, zstd (default: none)')
    .option('--session-timeout <duration>', 'silence after which others take over (default: 10s)')
    .option('--log-level <level>', 'least important messages to print (default: info)')
    .addHelpText('after', example)
    .showHelpAfterError('reproducer colocate --help tells more')
    .action(async (from: string, to: string, flags: ColocateFlags) => {
      const { runColocate } = await import('../programs/colocate/run-colocate.js');
      process.exitCode = await runColocate(from, to, flags);
    });
}
