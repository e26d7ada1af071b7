import type { ReproducerDefinition } from '../definition/reproducer-definition.js';
import { violationsOf } from './describe-violations.js';
import { foundText, subjectOf } from './given-values.js';
import type { GatheredValues } from './gather-values.js';
import type { WorkerOptionRow } from './option-row.js';
import { workerOptionsFor } from './option-table.js';
import { unservedOptionsFor } from './unserved-options.js';
import { WorkerSettings } from './worker-settings.js';

/** Parses and checks the worker's own options; what is wrong goes to `gathered.problems`. */
export function parseWorkerSettings(
  definition: ReproducerDefinition,
  gathered: GatheredValues,
): WorkerSettings {
  const settings = new WorkerSettings();
  const rows = [...workerOptionsFor(definition.kind), ...unservedOptionsFor(definition.kind)];
  const unparsed = new Set<string>();
  for (const row of rows) {
    if (!parseOne(row, settings, gathered) && row.property !== undefined) unparsed.add(row.property);
  }
  for (const violation of violationsOf(settings, name => name)) {
    const row = rows.find(candidate => candidate.property === violation.property);
    if (row === undefined || unparsed.has(violation.property)) continue;
    const given = gathered.values.get(row.name);
    if (given === undefined) continue;
    gathered.problems.push(
      `${subjectOf(row.name, given)} ${violation.text}${foundText(given.raw, row.secret)}`,
    );
  }
  reportMissing(definition, settings, gathered, unparsed);
  return settings;
}

/** @returns false when the value cannot be parsed. */
function parseOne(row: WorkerOptionRow, settings: WorkerSettings, gathered: GatheredValues): boolean {
  const given = gathered.values.get(row.name);
  if (given === undefined) return true;
  const subject = subjectOf(row.name, given);
  try {
    if (typeof given.raw !== 'string' && row.form !== 'list')
      throw new Error('must be one value, not a list');
    row.apply(settings, given.raw);
  } catch (error) {
    gathered.problems.push(`${subject} ${(error as Error).message}${foundText(given.raw, row.secret)}`);
    return false;
  }
  if (row.withoutEffect !== undefined) {
    gathered.warnings.push(`${subject} has no effect: ${row.withoutEffect}`);
  }
  return true;
}

function reportMissing(
  definition: ReproducerDefinition,
  settings: WorkerSettings,
  gathered: GatheredValues,
  unparsed: ReadonlySet<string>,
): void {
  const isMissing = (property: keyof WorkerSettings, option: string): boolean =>
    settings[property] === undefined &&
    gathered.isComplete &&
    !unparsed.has(property) &&
    !gathered.unusable.has(option);
  const decorator = definition.kind === 'reproducer' ? '@Reproducer' : '@FileProcessor';
  if (isMissing('brokers', 'brokers')) {
    gathered.problems.push(
      '--brokers is missing: give --brokers HOST:PORT, set REPRODUCER_BROKERS, or write bootstrap.servers into [broker] of a --config file',
    );
  }
  if (isMissing('consumeTopic', 'consume-topic')) {
    gathered.problems.push(
      `--consume-topic is missing: give --consume-topic TOPIC, or name it in ${decorator}('TOPIC'${definition.kind === 'reproducer' ? ', …' : ''})`,
    );
  }
  if (definition.kind !== 'reproducer') return;
  if (isMissing('produceTopic', 'produce-topic')) {
    gathered.problems.push(
      "--produce-topic is missing: give --produce-topic TOPIC, or name it in @Reproducer(…, 'TOPIC')",
    );
  } else if (settings.produceTopic !== undefined && settings.produceTopic === settings.consumeTopic) {
    gathered.problems.push(
      `--produce-topic must not be the topic that is consumed (${settings.consumeTopic}): results would be read as chunks`,
    );
  }
}
