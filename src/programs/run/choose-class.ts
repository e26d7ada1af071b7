import type { CollectedRun } from '../../bootstrap/collected-runs.js';
import { findReproducerClasses } from '../../definition/find-reproducer-classes.js';
import { ConfigError } from '../../errors.js';
import { allExports, type ModuleExports } from '../../bootstrap/load-module.js';

/**
 * Picks the class to run: those that the module exports, and those that it hands to `runReproducer`, with what it hands
 * over beside them. Of several, the only one handed to `runReproducer` counts, else `--class` decides.
 *
 * @throws {ConfigError} there is none, several, or none of that name
 */
export function chooseClass(
  file: string,
  exported: ModuleExports,
  collected: readonly CollectedRun[],
  className: string | undefined,
): CollectedRun {
  const candidates = new Map(collected.map(run => [run.target, run]));
  for (const target of findReproducerClasses(allExports(exported))) {
    if (!candidates.has(target)) candidates.set(target, { target, overrides: {} });
  }
  const runs = [...candidates.values()];
  const names = runs.map(({ target }) => target.name).join(', ');
  if (className !== undefined) {
    const named = runs.find(({ target }) => target.name === className || exported[className] === target);
    if (named !== undefined) return named;
    throw new ConfigError(
      `${file} has no decorated class ${className}; ${runs.length === 0 ? 'it has none at all' : `it has ${names}`}`,
    );
  }
  if (runs.length === 1) return runs[0]!;
  if (collected.length === 1) return collected[0]!;
  if (runs.length === 0) throw new ConfigError(noClass(file, exported));
  throw new ConfigError(
    `${file} has several decorated classes: ${names}; choose one: reproducer run --class ${runs[0]!.target.name} ${file}`,
  );
}

function noClass(file: string, exported: ModuleExports): string {
  const plain = Object.values(allExports(exported)).filter(
    (value): value is { name: string } => typeof value === 'function' && /^class\b/.test(String(value)),
  );
  const found = plain.length === 0 ? '' : `; ${plain.map(({ name }) => name).join(', ')} has no decorator`;
  return `${file} exports no decorated class${found}. Write @Reproducer('files', 'results') before a class and export it`;
}
