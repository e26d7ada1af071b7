import { announcementFlagsOf, announcementsOfItsOwn, type AnnouncementFlags } from './announcement-flags.js';
import type { ProgramFlags } from './program-configuration.js';

/** Flags of the programs that are workers with a method of their own, as they were typed; `true`: without a value. */
export interface FileProgramFlags extends AnnouncementFlags {
  readonly topic?: string;
  readonly config?: string;
  readonly brokers?: string;
  readonly groupId?: string;
  readonly match?: string;
  readonly placement?: string;
  readonly startFrom?: string;
  readonly untilIdle?: string | true;
  readonly limit?: string;
  readonly memoryBudget?: string;
  readonly tables?: string;
  readonly stateTopic?: string;
  readonly deadLetterTopic?: string;
  readonly incompleteAfter?: string;
  readonly sessionTimeout?: string;
  readonly metrics?: string | true;
  readonly logLevel?: string;
  readonly logFileLevel?: string;
}

/** What a configuration file that is shared with a worker says for the worker alone. */
export const flagsOnly: readonly string[] = [
  ...['group-id', 'group-instance-id', 'match', 'start-from', 'until-idle', 'limit', 'isolation'],
  ...['state-topic', 'dead-letter-topic'],
  ...['metrics', ...announcementsOfItsOwn],
];

/** The flags as a worker has them. Every file from the beginning, unless they say otherwise. */
export function workerFlagsOf(flags: FileProgramFlags, usualGroupId: string): ProgramFlags {
  return {
    'consume-topic': flags.topic,
    'group-id': flags.groupId ?? usualGroupId,
    match: flags.match ?? '/^/',
    'start-from': flags.startFrom ?? 'earliest',
    config: flags.config,
    brokers: flags.brokers,
    placement: flags.placement,
    'until-idle': flags.untilIdle,
    limit: flags.limit,
    'memory-budget': flags.memoryBudget,
    tables: flags.tables,
    'state-topic': flags.stateTopic,
    'dead-letter-topic': flags.deadLetterTopic,
    'incomplete-after': flags.incompleteAfter,
    'session-timeout': flags.sessionTimeout,
    // What is done with a file is the same for all of them, so that who is killed at it three times was not ended by it.
    'crash-limit': '0',
    metrics: flags.metrics,
    ...announcementFlagsOf(flags),
    'log-level': flags.logLevel,
    'log-file-level': flags.logFileLevel,
  };
}

/** What is wrong with a worker's `--consume-topic`, told of the program's `--topic`. */
export function inProgramFlagNames(problem: string): string {
  return problem.startsWith('--consume-topic is missing')
    ? '--topic is missing: give --topic TOPIC'
    : problem.replace('--consume-topic', '--topic');
}
