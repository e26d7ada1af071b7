import type { Command } from 'commander';

/** Adds the flags of every command that uploads. */
export function addUploadFlags(command: Command): Command {
  return command
    .option('--topic <name>', 'the topic for the chunks (required)')
    .option('--brokers <host:port,...>', 'Kafka brokers to ask first')
    .option(
      '--config <file>',
      "configuration file, the same as a worker's; connection, compression, chunk size count",
    )
    .option('--match <pattern>', 'only paths that match: a glob such as "**/*.csv", or /regular expression/')
    .option('--ignore <glob>', 'leave out what matches; may be given several times', collect)
    .option('--hidden', 'also files and folders whose name begins with a dot')
    .option(
      '--layout <layout>',
      'by-file: all chunks of a file on one partition; scattered: as OpenMSIStream (default: by-file)',
    )
    .option('--chunk-bytes <size>', 'size of a chunk (default: 512KiB)')
    .option('--compression <codec>', 'none, gzip, snappy, lz4, zstd (default: none)')
    .option('--partitions <number>', 'create the topic with so many partitions if it does not exist')
    .option('--memory-budget <size>', 'memory for files that are being sent (default: 64MiB)')
    .option('--log-level <level>', 'least important messages to print (default: info)');
}

function collect(text: string, texts: string[] | undefined): string[] {
  return [...(texts ?? []), text];
}
