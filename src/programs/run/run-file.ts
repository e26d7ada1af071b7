import { resolve } from 'node:path';
import { collectRuns } from '../../bootstrap/collected-runs.js';
import { runFromCommandLine } from '../../bootstrap/run-reproducer.js';
import type { RunSummary } from '../../observe/run-summary.js';
import { chooseClass } from './choose-class.js';
import { loadModule } from '../../bootstrap/load-module.js';

export interface RunFileOptions {
  /** Name of the class, where the module has several. */
  readonly className?: string;
  /** Flags of the class. */
  readonly argv: readonly string[];
}

/**
 * Runs the decorated class of a module, whether or not the module calls `runReproducer` itself.
 *
 * @throws {ConfigError} the module cannot be loaded, or it is not clear which class is meant
 */
export async function runFile(file: string, { className, argv }: RunFileOptions): Promise<RunSummary> {
  const collected = collectRuns();
  const exported = await loadModule(file);
  const { target, overrides } = chooseClass(file, exported, collected, className);
  return runFromCommandLine(target, { module: resolve(file), ...overrides, argv });
}
