import { ownSection, placeOf, type ConfigDocument, type ConfigEntry } from './config-document.js';
import { expandEnvironment } from './interpolate.js';
import type { GivenValue } from '../given-values.js';
import { nearestNames, suggestion } from '../../definition/nearest-names.js';
import { withBareValue, type OptionSpec, type RawValue, type WorkerOptionSpec } from '../option-spec.js';
import type { Environment } from '../read-environment.js';

/** Sections that hold librdkafka's names; read by `readKafkaSections`. */
export const kafkaSections = ['broker', 'consumer', 'producer'] as const;

/** OpenMSIStream's other sections, and why they change nothing here. */
const ignoredSections: ReadonlyMap<string, string> = new Map([
  ['heartbeat', 'heartbeats are sent over the connection of [broker] in this version'],
  ['log', 'log messages are sent over the connection of [broker] in this version'],
  ['s3', 'it is for reproducer s3-transfer'],
]);

export interface FileValues {
  readonly values: Map<string, GivenValue>;
  readonly warnings: string[];
  readonly problems: string[];
  /** Options that are given and cannot be used. */
  readonly unusable: string[];
}

/**
 * Reads the sections of our own options: `[reproducer]`, and over it the one named as the class. Checks that every other
 * section is known; a section that looks like another class's is left alone with a warning, since one file may serve
 * several classes.
 *
 * @param classNames names of the class: the one of its definition and the one in the source.
 */
export function readOwnSections(
  document: ConfigDocument,
  options: readonly OptionSpec[],
  classNames: readonly string[],
  env: Environment,
): FileValues {
  const result: FileValues = { values: new Map(), warnings: [], problems: [], unusable: [] };
  checkSections(document, classNames, result);
  const byKey = keysOf(options);
  for (const section of new Set([ownSection, ...classNames])) {
    for (const entry of document.entries.filter(candidate => candidate.section === section)) {
      const option = byKey.get(entry.key.replaceAll('_', '-'));
      if (option === undefined) reportUnknownKey(document, entry, byKey.keys(), result);
      else take(document, entry, option, env, result);
    }
  }
  return result;
}

function keysOf(options: readonly OptionSpec[]): Map<string, OptionSpec> {
  const usable = options.filter(
    option => !(option as Partial<WorkerOptionSpec>).isFlagOnly && option.name !== 'config',
  );
  return new Map(usable.map(option => [option.name.toLowerCase(), option]));
}

function take(
  document: ConfigDocument,
  entry: ConfigEntry,
  option: OptionSpec,
  env: Environment,
  result: FileValues,
): void {
  const place = placeOf(document.path, entry.line);
  try {
    const raw = withBareValue(option, expandedValue(entry, env));
    result.values.set(option.name, { raw, origin: `file ${place}` });
  } catch (error) {
    result.problems.push(`${place}: [${entry.section}] ${entry.shownKey} ${(error as Error).message}`);
    result.unusable.push(option.name);
  }
}

/** The value with environment variables filled in. @throws {ConfigError} */
export function expandedValue(entry: ConfigEntry, env: Environment): RawValue {
  return typeof entry.value === 'string'
    ? expandEnvironment(entry.value, env)
    : entry.value.map(item => expandEnvironment(item, env));
}

/** One line for a key that nobody knows; silent for a key of `[DEFAULT]`, which may be meant for another section. */
export function reportUnknownKey(
  document: ConfigDocument,
  entry: ConfigEntry,
  known: Iterable<string>,
  result: { problems: string[] },
): void {
  if (entry.isInherited) return;
  const place = placeOf(document.path, entry.line);
  result.problems.push(
    `${place}: [${entry.section}] unknown key ${entry.shownKey}${suggestion(entry.key, known)}`,
  );
}

function checkSections(document: ConfigDocument, classNames: readonly string[], result: FileValues): void {
  const known = [...kafkaSections, ownSection, ...classNames];
  for (const section of document.sections) {
    if (known.includes(section)) continue;
    const because = ignoredSections.get(section);
    const near = nearestNames(section, known);
    if (section === 'kafkacrypto') {
      result.problems.push(
        `${document.path}: [kafkacrypto] asks for encrypted messages, which are not supported; remove the section and read an unencrypted topic`,
      );
    } else if (because !== undefined) {
      result.warnings.push(`${document.path}: section [${section}] is not read: ${because}`);
    } else if (near.length > 0) {
      result.problems.push(`${document.path}: unknown section [${section}]${suggestion(section, known)}`);
    } else {
      result.warnings.push(
        `${document.path}: section [${section}] is not read by ${classNames.join(' or ')}`,
      );
    }
  }
}
