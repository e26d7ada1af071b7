import type { ProgramFlags } from './program-configuration.js';

/** What a program that runs on tells of itself on topics, as typed. */
export interface AnnouncementFlags {
  readonly heartbeatTopic?: string;
  readonly heartbeatInterval?: string;
  readonly heartbeatId?: string;
  readonly logTopic?: string;
  readonly logInterval?: string;
  readonly logId?: string;
}

/** A file that is shared with a worker names the worker's: two programs with one id could not be told apart. */
export const announcementsOfItsOwn: readonly string[] = [
  ...['heartbeat-topic', 'heartbeat-id', 'log-topic', 'log-id'],
];

export function announcementFlagsOf(flags: AnnouncementFlags): ProgramFlags {
  return {
    'heartbeat-topic': flags.heartbeatTopic,
    'heartbeat-interval': flags.heartbeatInterval,
    'heartbeat-id': flags.heartbeatId,
    'log-topic': flags.logTopic,
    'log-interval': flags.logInterval,
    'log-id': flags.logId,
  };
}
