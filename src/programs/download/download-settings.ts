import { createHash } from 'node:crypto';
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { resolveConfiguration, type ResolvedConfiguration } from '../../config/resolve-configuration.js';
import type { ReproducerDefinition } from '../../definition/reproducer-definition.js';
import { ConfigError } from '../../errors.js';
import { flagsOnly, inProgramFlagNames, workerFlagsOf, type FileProgramFlags } from '../file-program.js';
import { commandLineOf, type ProgramFlags, type ProgramSources } from '../program-configuration.js';

/** The flags of `reproducer download` as they were typed. */
export type DownloadFlags = FileProgramFlags;

/** Stands where a class stands for a worker. */
export const downloadDefinition: ReproducerDefinition = {
  kind: 'file-processor',
  name: 'download',
  options: {},
  processor: { method: 'save', declaredBy: 'download', options: {} },
  cliOptions: [],
};

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
  const common = workerFlagsOf(flags, usualGroupId(root));
  // The folder is for what was uploaded alone, unless somebody wants more in it.
  const tables = flags.tables ?? 'none';
  return { ...common, tables, mode: 'disk', 'output-dir': root, concurrency: '4' };
}

function inFlagNames({ problems }: ConfigError): ConfigError {
  return new ConfigError(problems.map(inProgramFlagNames), { heading: 'download cannot start:' });
}
