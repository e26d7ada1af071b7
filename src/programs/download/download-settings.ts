import { createHash } from 'node:crypto';
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { resolveConfiguration, type ResolvedConfiguration } from '../../config/resolve-configuration.js';
import type { ReproducerDefinition } from '../../definition/reproducer-definition.js';
import { ConfigError } from '../../errors.js';
import { commandLineOf, type ProgramFlags, type ProgramSources } from '../program-configuration.js';

/** The flags of `reproducer download` as they were typed; `true`: without a value. */
export interface DownloadFlags {
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
  readonly stateTopic?: string;
  readonly deadLetterTopic?: string;
  readonly incompleteAfter?: string;
  readonly sessionTimeout?: string;
  readonly metrics?: string | true;
  readonly logLevel?: string;
}

/** Stands where a class stands for a worker. */
export const downloadDefinition: ReproducerDefinition = {
  kind: 'file-processor',
  name: 'download',
  options: {},
  processor: { method: 'save', declaredBy: 'download', options: {} },
  cliOptions: [],
};

/** A configuration file that a worker shares has the worker's. */
const flagsOnly = [
  ...[
    'group-id',
    'group-instance-id',
    'match',
    'start-from',
    'until-idle',
    'limit',
    'state-topic',
    'dead-letter-topic',
  ],
  ...['metrics', 'heartbeat-topic', 'heartbeat-id', 'log-topic', 'log-id'],
];

/**
 * Resolves what was typed, the configuration file and the environment.
 *
 * @throws {ConfigError} with all mistakes at once, in flag names
 */
export function readDownloadFlags(
  folder: string,
  flags: DownloadFlags,
  instance: object,
  sources: ProgramSources,
): ResolvedConfiguration {
  const root = resolve(sources.cwd, folder);
  try {
    return resolveConfiguration({
      ...sources,
      definition: downloadDefinition,
      flagsOnly,
      instance,
      commandLine: commandLineOf(workerFlags(root, flags)),
    });
  } catch (error) {
    throw error instanceof ConfigError ? inFlagNames(error) : error;
  }
}

/**
 * The group of all that was downloaded into this folder of this host: started again it goes on, while another folder gets all
 * files as well.
 */
export function usualGroupId(root: string, host = hostname()): string {
  return `download.${host}.${createHash('sha256').update(root).digest('hex').slice(0, 8)}`;
}

function workerFlags(root: string, flags: DownloadFlags): ProgramFlags {
  return {
    'consume-topic': flags.topic,
    'group-id': flags.groupId ?? usualGroupId(root),
    match: flags.match ?? '/^/',
    'start-from': flags.startFrom ?? 'earliest',
    mode: 'disk',
    'output-dir': root,
    concurrency: '4',
    config: flags.config,
    brokers: flags.brokers,
    placement: flags.placement,
    'until-idle': flags.untilIdle,
    limit: flags.limit,
    'memory-budget': flags.memoryBudget,
    'state-topic': flags.stateTopic,
    'dead-letter-topic': flags.deadLetterTopic,
    'incomplete-after': flags.incompleteAfter,
    'session-timeout': flags.sessionTimeout,
    metrics: flags.metrics,
    'log-level': flags.logLevel,
  };
}

function inFlagNames({ problems }: ConfigError): ConfigError {
  const texts = problems.map(text =>
    text.startsWith('--consume-topic is missing')
      ? '--topic is missing: give --topic TOPIC'
      : text.replace('--consume-topic', '--topic'),
  );
  return new ConfigError(texts, { heading: 'download cannot start:' });
}
