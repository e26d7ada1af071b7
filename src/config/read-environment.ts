import type { GivenValue } from './given-values.js';
import { suggestion } from '../definition/nearest-names.js';
import { withBareValue, type OptionSpec } from './option-spec.js';

/** Environment variables; `process.env` fits. */
export type Environment = Readonly<Record<string, string | undefined>>;

const prefix = 'REPRODUCER_';

/**
 * Finds the options that the environment sets. An empty variable counts as not set, because shells and unit files cannot
 * easily unset one.
 *
 * @returns a warning for a `REPRODUCER_…` variable that looks like a mistyped one; others may belong to another class.
 */
export function readEnvironment(
  options: readonly OptionSpec[],
  env: Environment,
): { values: Map<string, GivenValue>; warnings: string[] } {
  const values = new Map<string, GivenValue>();
  const known = new Set(options.flatMap(option => option.env ?? []));
  for (const option of options) {
    const text = option.env === undefined ? undefined : env[option.env];
    if (text === undefined || text === '') continue;
    values.set(option.name, { raw: withBareValue(option, text), origin: `environment ${option.env!}` });
  }
  const knownWithoutPrefix = [...known].flatMap(name =>
    name.startsWith(prefix) ? name.slice(prefix.length) : [],
  );
  const warnings = Object.keys(env)
    .filter(name => name.startsWith(prefix) && !known.has(name))
    .map(name => ({ name, meant: suggestion(name, knownWithoutPrefix, prefix) }))
    .filter(({ meant }) => meant !== '')
    .map(({ name, meant }) => `environment variable ${name} is not read${meant}`);
  return { values, warnings };
}
