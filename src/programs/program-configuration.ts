import type { CommandLine, FlagOccurrence } from '../config/command-line.js';
import {
  resolveConfiguration,
  type ConfigurationInput,
  type ResolvedConfiguration,
} from '../config/resolve-configuration.js';
import type { CliOptionDefinition, ReproducerDefinition } from '../definition/reproducer-definition.js';

/** Where a program's values come from beside its flags. */
export type ProgramSources = Pick<ConfigurationInput, 'env' | 'cwd' | 'readFile'>;

/** An option of a program that workers do not have. */
export interface OwnOption {
  /** Kebab-case, without dashes. */
  readonly name: string;
  /** Key of the value; default: the name in camel case. */
  readonly property: string;
  readonly type?: CliOptionDefinition['type'];
  readonly required?: boolean;
  readonly choices?: readonly string[];
  /** What it throws is told with the flag's name. */
  readonly parse?: (text: string) => unknown;
}

/** What a program has beside the options of a worker. */
export interface Program {
  readonly name: string;
  readonly options: readonly OwnOption[];
  /** Options of workers that count only as flags. */
  readonly flagsOnly?: readonly string[];
}

/** Flags as they were typed, by option name; `true`: without a value. A list where a flag stands several times. */
export type ProgramFlags = Readonly<Record<string, string | true | readonly string[] | undefined>>;

/**
 * Resolves the configuration of a program with the code that resolves a worker's, so that files, environment variables, the names
 * of Kafka's settings and the texts of errors are the same.
 *
 * @param values defaults of the own options by property; what was given replaces them
 * @throws {ConfigError} with all mistakes at once
 */
export function resolveProgram(
  program: Program,
  flags: ProgramFlags,
  values: object,
  sources: ProgramSources,
): ResolvedConfiguration {
  const definition: ReproducerDefinition = {
    kind: 'reproducer',
    name: program.name,
    options: {},
    processor: { method: 'run', declaredBy: program.name, options: {} },
    cliOptions: program.options.map(option => definitionOf(program.name, option)),
  };
  return resolveConfiguration({
    ...sources,
    definition,
    flagsOnly: program.flagsOnly ?? [],
    instance: values,
    commandLine: commandLineOf(flags),
  });
}

/** Flags as a worker's command line has them. */
export function commandLineOf(flags: ProgramFlags): CommandLine {
  return { flags: occurrences(flags), unknownFlags: [], operands: [] };
}

function definitionOf(program: string, option: OwnOption): CliOptionDefinition {
  const { name, property, type = 'string', required = false, choices, parse } = option;
  return {
    property,
    declaredBy: program,
    name,
    type,
    defaultValue: undefined,
    required,
    env: `REPRODUCER_${name.replaceAll('-', '_').toUpperCase()}`,
    secret: false,
    hidden: false,
    ...(choices === undefined ? {} : { choices }),
    ...(parse === undefined ? {} : { parse }),
  };
}

function occurrences(flags: ProgramFlags): FlagOccurrence[] {
  return Object.entries(flags).flatMap(([option, given]) => {
    if (given === undefined) return [];
    const values = typeof given === 'object' ? given : [given];
    return values.map(value => ({
      option,
      spelling: `--${option}`,
      value: value === true ? null : value,
    }));
  });
}
