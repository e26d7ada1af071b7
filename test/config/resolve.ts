import { readCommandLine } from '../../src/bootstrap/argument-parser.js';
import {
  resolveConfiguration,
  type ConfigurationInput,
  type ResolvedConfiguration,
} from '../../src/config/resolve-configuration.js';
import type {
  CliOptionDefinition,
  ReproducerDefinition,
} from '../../src/definition/reproducer-definition.js';
import { UsageError } from '../../src/errors.js';

/** A definition as the decorators would make it. */
export function definitionOf(parts: Partial<ReproducerDefinition> = {}): ReproducerDefinition {
  return {
    kind: 'reproducer',
    name: 'PeakFinder',
    consumeTopic: 'instrument-files',
    produceTopic: 'peak-tables',
    options: {},
    processor: { method: 'findPeaks', declaredBy: 'PeakFinder', options: {} },
    cliOptions: [],
    ...parts,
  };
}

export function cliOption(
  parts: Partial<CliOptionDefinition> & { property: string; name: string },
): CliOptionDefinition {
  return {
    declaredBy: 'PeakFinder',
    type: 'string',
    defaultValue: undefined,
    required: false,
    env: `REPRODUCER_${parts.name.replaceAll('-', '_').toUpperCase()}`,
    secret: false,
    hidden: false,
    ...parts,
  };
}

/** A user's class, without options. */
class PeakFinder {
  findPeaks(): string {
    return '';
  }
}

interface Situation extends Partial<Omit<ConfigurationInput, 'commandLine' | 'readFile'>> {
  argv?: string[];
  /** Content by path, from the working directory `/lab`. */
  files?: Record<string, string>;
}

export function resolve(situation: Situation = {}): ResolvedConfiguration {
  const { argv = [], files = {}, ...rest } = situation;
  const definition = rest.definition ?? definitionOf();
  return resolveConfiguration({
    instance: new PeakFinder(),
    env: {},
    cwd: '/lab',
    ...rest,
    definition,
    commandLine: readCommandLine(definition, argv),
    readFile: fileReader(files),
  });
}

/** Reads from a map of files as `readFileSync` would read from a disk. */
export function fileReader(files: Readonly<Record<string, string>>): (path: string) => string {
  return path => {
    const content = files[path];
    if (content !== undefined) return content;
    throw Object.assign(new Error(`ENOENT: no such file or directory, open '${path}'`), { code: 'ENOENT' });
  };
}

/** The problems of a situation that cannot be resolved. */
export function problemsOf(situation: Situation): readonly string[] {
  try {
    resolve(situation);
  } catch (error) {
    if (error instanceof UsageError) return error.problems;
    throw error;
  }
  return [];
}
