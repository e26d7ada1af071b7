import type { Command } from 'commander';
import type { BrokerFlags } from '../programs/broker/broker-options.js';

/** Adds `reproducer broker`. */
export function addBroker(command: Command): void {
  command
    .command('broker')
    .description('run a Kafka broker in memory for development on this machine; not for data that you need')
    .option('--port <number>', 'port to listen on; 0 takes a free one', '9092')
    .option(
      '--host <address>',
      'address to listen on; 0.0.0.0 for every one that this machine has',
      '127.0.0.1',
    )
    .option('--advertise <host>', 'name that clients are told to connect to (default: the host)')
    .option(
      '--topic <name[:partitions]>',
      'create a topic; may be given several times',
      (topic: string, topics: string[] | undefined) => [...(topics ?? []), topic],
    )
    .option('--partitions <number>', 'partitions of topics for which nothing else is said', '1')
    .option('--no-auto-create', 'do not create topics when a client uses them')
    .addHelpText(
      'after',
      '\nExample:\n  reproducer broker --topic instrument-files:4 --topic peak-tables\n' +
        '\nRuns until Ctrl-C or SIGTERM. When it listens, it prints what to set in other\nprograms.',
    )
    .showHelpAfterError('reproducer broker --help tells more')
    .action(async (flags: BrokerFlags) => {
      const { runBroker } = await import('../programs/broker/run-broker.js');
      await runBroker(flags);
    });
}
