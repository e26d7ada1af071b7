import type { RawValue } from './option-spec.js';

/** A value as one source gave it. */
export interface GivenValue {
  readonly raw: RawValue;
  /** `flag --limit`, `environment REPRODUCER_LIMIT`, `file lab.config:12`, `class PeakFinder`, `default`. */
  readonly origin: string;
  /** The flag as typed, where it came from one. */
  readonly flag?: string;
}

/** What one source says, by option name. */
export type GivenValues = ReadonlyMap<string, GivenValue>;

/** Puts sources over each other, the later ones above. */
export function mergeSources(...sources: readonly GivenValues[]): Map<string, GivenValue> {
  return new Map(sources.flatMap(source => [...source]));
}

/** `--limit`, or as it was typed; for a value from elsewhere, where that is: `--limit (environment REPRODUCER_LIMIT)`. */
export function subjectOf(option: string, given: GivenValue | undefined): string {
  if (given?.flag !== undefined) return given.flag;
  return given === undefined ? `--${option}` : `--${option} (${given.origin})`;
}

/** `; found "x"`, or nothing when it must not be seen. */
export function foundText(raw: RawValue, secret: boolean): string {
  return secret ? '' : `; found ${JSON.stringify(typeof raw === 'string' ? raw : raw.join(','))}`;
}
