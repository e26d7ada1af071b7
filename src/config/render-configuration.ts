import type { ConfigurationSource } from './list-sources.js';
import type { ResolvedConfiguration } from './resolve-configuration.js';

/** Columns are padded up to here; a longer text pushes the rest of its line. */
const widest = 40;

/** The answer to --print-config: every value and where it came from, in three columns; secrets are `****`. */
export function renderConfiguration(resolved: Pick<ResolvedConfiguration, 'sources' | 'warnings'>): string {
  const rows = resolved.sources.map(source => [source.name, shownValue(source), source.origin] as const);
  const widthOf = (column: 0 | 1): number =>
    Math.min(widest, Math.max(0, ...rows.map(row => row[column].length)));
  const [first, second] = [widthOf(0), widthOf(1)];
  const lines = rows.map(
    ([name, value, origin]) => `${name.padEnd(first)}  ${value.padEnd(second)}  ${origin}`,
  );
  const warnings = resolved.warnings.map(warning => `warning: ${warning}`);
  return [...lines, ...(warnings.length > 0 ? ['', ...warnings] : []), ''].join('\n');
}

function shownValue({ value }: ConfigurationSource): string {
  return value === '' ? '(not set)' : value.replaceAll('\n', ' ');
}
