import { ConfigError } from '../errors.js';
import type { ReproducerDefinition } from '../definition/reproducer-definition.js';
import { commandLineOptions, type CommandLine } from './command-line.js';
import type { ConfigDocument } from './files/config-document.js';
import { loadConfigFile, type ReadFile } from './files/load-config-file.js';
import { readOwnSections } from './files/own-sections.js';
import { mergeSources, type GivenValue, type GivenValues } from './given-values.js';
import { noKafkaProperties, type PlacedKafkaProperties } from './librdkafka/kafka-properties.js';
import { readKafkaSections, type KafkaSource } from './librdkafka/read-kafka-sections.js';
import type { OptionSpec, RawValue } from './option-spec.js';
import { workerOptions } from './option-table.js';
import { parseFlags } from './parse-flags.js';
import { classDefaults, programValues, unknownNames, type ProgramOptions } from './program-options.js';
import { readEnvironment, type Environment } from './read-environment.js';

/** Where values may come from. */
export interface ConfigurationSources {
  readonly definition: ReproducerDefinition;
  /** The user's object; the file may have a section named as its class. */
  readonly instance: object;
  readonly commandLine: CommandLine;
  readonly env: Environment;
  readonly cwd: string;
  readonly readFile: ReadFile;
  readonly overrides?: ProgramOptions;
  /** Options that count only as flags: what a file or the environment says of them is meant for another program that shares these. */
  readonly flagsOnly?: readonly string[];
  /** Sections of the file that hold the own options of a program; default: those named as the class. */
  readonly sections?: readonly string[];
}

/** Everything that was given, by option, the strongest source on top, still as text. */
export interface GatheredValues {
  readonly options: readonly OptionSpec[];
  readonly values: GivenValues;
  readonly properties: PlacedKafkaProperties;
  readonly kafkaSources: readonly KafkaSource[];
  readonly warnings: string[];
  readonly problems: string[];
  /** Warnings that may explain a problem. */
  readonly hints: readonly string[];
  /** False when a configuration file could not be read: what is missing then may well stand in it. */
  readonly isComplete: boolean;
  /** Options that are given and cannot be used, so they are not missing. */
  readonly unusable: ReadonlySet<string>;
}

/** Reads all sources: defaults < class < configuration file < environment < flags < what the program passes. */
export function gatherValues(sources: ConfigurationSources): GatheredValues {
  const { definition, commandLine, env, flagsOnly = [] } = sources;
  const options = commandLineOptions(definition);
  const flags = parseFlags(options, commandLine);
  const environment = readEnvironment(options, env);
  const overrides = sources.overrides ?? {};
  const problems = [...flags.problems, ...unknownNames(overrides, definition)];
  const file = readFileValues(
    sources,
    options,
    flags.values.get('config') ?? environment.values.get('config'),
    problems,
  );
  return {
    options,
    values: mergeSources(
      defaultValues(definition),
      classDefaults(definition),
      without(flagsOnly, file.kafkaValues),
      without(flagsOnly, file.ownValues),
      without(flagsOnly, environment.values),
      flags.values,
      programValues(overrides, 'program'),
    ),
    properties: file.properties,
    kafkaSources: file.kafkaSources,
    warnings: [...environment.warnings, ...file.warnings],
    problems,
    hints: environment.warnings,
    isComplete: file.isComplete,
    unusable: new Set([...flags.unusable, ...file.unusable]),
  };
}

function without(names: readonly string[], values: GivenValues): GivenValues {
  return new Map([...values].filter(([name]) => !names.includes(name)));
}

function defaultValues(definition: ReproducerDefinition): Map<string, GivenValue> {
  const given = (raw: RawValue): GivenValue => ({ raw, origin: 'default' });
  const values = new Map([['group-id', given(definition.name)]]);
  for (const option of workerOptions) {
    const isMeaningful = definition.kind === 'reproducer' || !option.needsResults;
    if (option.default !== undefined && isMeaningful) values.set(option.name, given(option.default));
  }
  return values;
}

interface FileSources {
  readonly kafkaValues: GivenValues;
  readonly ownValues: GivenValues;
  readonly properties: PlacedKafkaProperties;
  readonly kafkaSources: readonly KafkaSource[];
  readonly warnings: readonly string[];
  readonly isComplete: boolean;
  readonly unusable: readonly string[];
}

function readFileValues(
  sources: ConfigurationSources,
  options: readonly OptionSpec[],
  config: GivenValue | undefined,
  problems: string[],
): FileSources {
  const document = config === undefined ? undefined : load(sources, String(config.raw), problems);
  if (document === undefined) {
    return {
      kafkaValues: new Map(),
      ownValues: new Map(),
      properties: noKafkaProperties,
      kafkaSources: [],
      warnings: [],
      isComplete: config === undefined,
      unusable: [],
    };
  }
  const { definition, instance, env, sections } = sources;
  const classNames = sections ?? [...new Set([instance.constructor.name, definition.name])];
  const kafka = readKafkaSections(document, definition.kind, env);
  const own = readOwnSections(document, options, classNames, env);
  problems.push(...document.problems, ...kafka.problems, ...own.problems);
  return {
    kafkaValues: kafka.values,
    ownValues: own.values,
    properties: kafka.properties,
    kafkaSources: kafka.sources,
    warnings: [...kafka.warnings, ...own.warnings],
    isComplete: document.problems.length === 0,
    unusable: [...kafka.unusable, ...own.unusable],
  };
}

function load(sources: ConfigurationSources, name: string, problems: string[]): ConfigDocument | undefined {
  try {
    return loadConfigFile(name, sources);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    problems.push(...error.problems);
    return undefined;
  }
}
