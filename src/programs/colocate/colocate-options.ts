import type { FlagOccurrence } from '../../config/command-line.js';
import { resolveConfiguration, type ConfigurationInput } from '../../config/resolve-configuration.js';
import { parseWholeNumber } from '../../config/values/parse-number.js';
import type { CompiledWorkerOptions } from '../../config/worker-options.js';
import type { CliOptionDefinition, ReproducerDefinition } from '../../definition/reproducer-definition.js';
import { ConfigError } from '../../errors.js';

/** The flags of `reproducer colocate` as they were typed; `true`: without a value. */
export interface ColocateFlags {
  readonly config?: string;
  readonly brokers?: string;
  readonly groupId?: string;
  readonly startFrom?: string;
  readonly untilIdle?: string | true;
  readonly targetPartitions?: string;
  readonly instance?: string;
  readonly memoryBudget?: string;
  readonly sessionTimeout?: string;
  readonly compression?: string;
  readonly logLevel?: string;
  readonly dryRun?: boolean;
}

/** What `reproducer colocate` is to do. */
export interface ColocateOptions {
  readonly from: string;
  readonly to: string;
  /** Connection, group, fetch sizes. */
  readonly worker: CompiledWorkerOptions;
  readonly targetPartitions?: number;
  /** End of the transactional id; undefined: found by `claimInstance`. */
  readonly instance?: string;
  readonly isDryRun: boolean;
  readonly warnings: readonly string[];
}

const maxPartitions = 10_000;

/** Options of its own. The rest are a worker's, with the same configuration files and environment variables. */
const ownOptions: readonly CliOptionDefinition[] = [
  ownOption('targetPartitions', 'target-partitions', text => {
    const count = parseWholeNumber(text);
    if (count >= 1 && count <= maxPartitions) return count;
    throw new Error(`must be a whole number from 1 to ${maxPartitions}`);
  }),
  ownOption('instance', 'instance', text => {
    if (/^[\w.-]{1,100}$/.test(text)) return text;
    throw new Error('must be up to 100 letters, digits, dots, underscores and hyphens');
  }),
];

function ownOption(
  property: 'targetPartitions' | 'instance',
  name: string,
  parse: (text: string) => unknown,
): CliOptionDefinition {
  return {
    property,
    declaredBy: 'colocate',
    name,
    type: 'string',
    defaultValue: undefined,
    required: false,
    env: `REPRODUCER_${name.replace('-', '_').toUpperCase()}`,
    secret: false,
    hidden: false,
    parse,
  };
}

/** Stands where a class stands for a worker: the configuration is resolved by the same code. */
const definition: ReproducerDefinition = {
  kind: 'reproducer',
  name: 'colocate',
  options: {},
  processor: { method: 'copy', declaredBy: 'colocate', options: {} },
  cliOptions: ownOptions,
};

/**
 * Resolves what was typed, the configuration file and the environment.
 *
 * Group and start position come from flags alone: a configuration file that a worker shares names the worker's group, whose
 * offsets say nothing about what was copied.
 *
 * @throws {ConfigError} with all mistakes at once, in flag names
 */
export function readColocateFlags(
  from: string,
  to: string,
  flags: ColocateFlags,
  sources: Pick<ConfigurationInput, 'env' | 'cwd' | 'readFile'>,
): ColocateOptions {
  if (from === to)
    throw new ConfigError(`TO must be another topic than FROM (${from}): copies would be copied again`);
  const own: { targetPartitions?: number; instance?: string } = {};
  const configuration = resolveConfiguration({
    ...sources,
    definition,
    instance: own,
    commandLine: { flags: occurrences(from, to, flags), unknownFlags: [], operands: [] },
  });
  return {
    from,
    to,
    worker: configuration.options,
    ...own,
    isDryRun: flags.dryRun === true,
    warnings: configuration.warnings,
  };
}

function occurrences(from: string, to: string, flags: ColocateFlags): FlagOccurrence[] {
  const flag = (option: string, value: string | true | undefined): FlagOccurrence[] =>
    value === undefined ? [] : [{ option, spelling: `--${option}`, value: value === true ? null : value }];
  return [
    { option: 'consume-topic', spelling: 'FROM', value: from },
    { option: 'produce-topic', spelling: 'TO', value: to },
    ...flag('group-id', flags.groupId ?? `colocate.${from}.${to}`),
    ...flag('start-from', flags.startFrom ?? 'earliest'),
    ...flag('memory-budget', flags.memoryBudget ?? '64MiB'),
    ...flag('delivery', 'exactly-once'),
    ...flag('config', flags.config),
    ...flag('brokers', flags.brokers),
    ...flag('until-idle', flags.untilIdle),
    ...flag('session-timeout', flags.sessionTimeout),
    ...flag('compression', flags.compression),
    ...flag('log-level', flags.logLevel),
    ...flag('target-partitions', flags.targetPartitions),
    ...flag('instance', flags.instance),
  ];
}
