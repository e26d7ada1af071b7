import { reservedFlags } from '../config/command-line.js';
import { resolveConfiguration, type ResolvedConfiguration } from '../config/resolve-configuration.js';
import { mistakeTexts } from '../definition/declared-mistakes.js';
import { readDeclarations } from '../definition/metadata-store.js';
import type { ReproducerClass, ReproducerDefinition } from '../definition/reproducer-definition.js';
import { resolveDefinition } from '../definition/resolve-definition.js';
import { DecoratorUsageError } from '../errors.js';
import { readCommandLine } from './argument-parser.js';
import { createInstance } from './create-instance.js';
import type { ClassSource } from './isolation/class-module.js';
import { openLog, type WorkerLog } from './open-log.js';
import { workerOptionsOf, type CreateReproducerOptions } from './run-options.js';

/** A class with its instance: enough for --help. */
export interface DefinedReproducer {
  /** The class that was given. */
  readonly target: ReproducerClass;
  readonly definition: ReproducerDefinition;
  readonly instance: object;
}

/** All that is needed to run; nothing is connected yet. */
export interface PreparedRun extends Omit<DefinedReproducer, 'target'>, WorkerLog {
  readonly configuration: ResolvedConfiguration;
  /** Log lines go to a terminal and not to a machine. */
  readonly isForPeople: boolean;
  /** What of a file's time is told; default: `in the method`. */
  readonly methodText?: string;
  /** For threads and processes that make instances of their own; undefined: there can be none. */
  readonly classSource?: ClassSource;
}

/**
 * Makes the instance and reads what the decorators say.
 *
 * @throws {DecoratorUsageError} with all problems of the class; or what the constructor or `create` throws
 */
export async function defineReproducer<T extends object>(
  target: ReproducerClass<T>,
  options: Pick<CreateReproducerOptions<T>, 'create'>,
): Promise<DefinedReproducer> {
  const instance = await createInstance(target, options.create).catch((error: unknown) => {
    throw withDeclaredMistakes(target, error);
  });
  return { target, definition: resolveDefinition(target, instance, reservedFlags), instance };
}

/** Where no instance can be made, the mistakes of the decorators are told all the same. */
function withDeclaredMistakes(target: unknown, error: unknown): unknown {
  if (!(error instanceof DecoratorUsageError) || typeof target !== 'function') return error;
  const problems = [...mistakeTexts(readDeclarations(target as ReproducerClass)), ...error.problems];
  return problems.length === 1
    ? error
    : new DecoratorUsageError(problems, { heading: `class ${target.name} cannot be run:` });
}

/**
 * Resolves the configuration and assigns the class's options to the instance.
 *
 * @param isProgram the terminal is this worker's: it may draw on it
 * @throws {ConfigError} with all mistakes
 */
export function prepareRun(
  { target, definition, instance }: DefinedReproducer,
  options: CreateReproducerOptions,
  isProgram = false,
): PreparedRun {
  const configuration = resolveConfiguration({
    definition,
    instance,
    commandLine: readCommandLine(definition, options.argv ?? []),
    env: options.env ?? process.env,
    cwd: options.cwd ?? process.cwd(),
    overrides: workerOptionsOf(options),
  });
  const log = openLog(definition.name, configuration.options, {
    isShared: isProgram,
    given: options.logger,
  });
  const isForPeople = options.logger === undefined && process.stderr.isTTY;
  const { module } = options;
  const hasCreate = options.create !== undefined;
  const classSource = { className: target.name, hasCreate, ...(module === undefined ? {} : { module }) };
  return { definition, instance, configuration, ...log, isForPeople, classSource };
}
