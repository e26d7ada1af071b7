import { ConfigError } from '../errors.js';
import { classInputOf, type ClassInput } from './class-input.js';
import { hasFlag } from './command-line.js';
import { compileWorkerOptions } from './compile-worker-options.js';
import { readFileFromDisk, type ReadFile } from './files/load-config-file.js';
import { gatherValues, type ConfigurationSources } from './gather-values.js';
import { listSources, type ConfigurationSource } from './list-sources.js';
import { parseClassOptions } from './parse-class-options.js';
import { parseWorkerSettings } from './parse-worker-settings.js';
import type { CompiledWorkerOptions } from './worker-options.js';

export interface ConfigurationInput extends Omit<ConfigurationSources, 'readFile'> {
  /** For configuration and certificate files; default: the disk. */
  readonly readFile?: ReadFile;
  /** Makes the name of a new group for `--group-id create_new`; default: a random UUID. */
  readonly randomId?: () => string;
}

/** What a worker runs with, and why. */
export interface ResolvedConfiguration {
  readonly options: CompiledWorkerOptions;
  /** The class's own options by property; they are assigned to the instance as well. */
  readonly classValues: Readonly<Record<string, unknown>>;
  /** What these were made of, to make them again elsewhere. Holds secrets. */
  readonly classInput: ClassInput;
  /** Every value and where it came from. */
  readonly sources: readonly ConfigurationSource[];
  /** Sentences to log at start: what was given and has no effect, or is unsafe. */
  readonly warnings: readonly string[];
  /** What the command line asks for. `--help` and `--version` are answered before anything is resolved. */
  readonly action: 'run' | 'check' | 'print-config';
}

/**
 * Brings all sources of configuration together (class < configuration file < environment < flags < program), parses and
 * checks them, and assigns the class's own options to its instance.
 *
 * Nothing is connected to. All mistakes are told at once, in the names of the flags, so that one start is enough to find
 * them.
 *
 * @throws {ConfigError} one problem per mistake, each with where it is and what to do.
 */
export function resolveConfiguration(input: ConfigurationInput): ResolvedConfiguration {
  const { definition, instance, commandLine } = input;
  const sources: ConfigurationSources = { ...input, readFile: input.readFile ?? readFileFromDisk };
  const gathered = gatherValues(sources);
  const settings = parseWorkerSettings(definition, gathered);
  const options = compileWorkerOptions(sources, settings, gathered, input.randomId);
  const classValues = parseClassOptions(definition, instance, gathered);
  if (gathered.problems.length > 0) {
    throw new ConfigError([...gathered.problems, ...gathered.hints], {
      heading: `${definition.name} cannot start:`,
    });
  }
  return {
    options,
    classValues,
    classInput: classInputOf(definition, gathered.values),
    sources: listSources(definition, gathered, options, classValues),
    warnings: gathered.warnings,
    action: actionOf(commandLine),
  };
}

function actionOf(commandLine: ConfigurationInput['commandLine']): ResolvedConfiguration['action'] {
  if (hasFlag(commandLine, 'print-config')) return 'print-config';
  return hasFlag(commandLine, 'check') ? 'check' : 'run';
}
