import type { Command } from 'commander';

/** The flags of every program that tells of itself on topics. */
export function addAnnouncementOptions(command: Command): Command {
  return command
    .option('--heartbeat-topic <name>', 'topic for heartbeats: how much was read or sent since the last one')
    .option('--heartbeat-interval <duration>', 'time between two heartbeats (default: 15m)')
    .option(
      '--heartbeat-id <name>',
      'what the key of heartbeats begins with (default: program, host and process)',
    )
    .option('--log-topic <name>', 'topic for log lines')
    .option('--log-interval <duration>', 'time between two messages with log lines (default: 1m)')
    .option(
      '--log-id <name>',
      'what the key of log messages begins with (default: program, host and process)',
    );
}
