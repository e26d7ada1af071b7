import { resolve } from 'node:path';
import { readCommandLine } from '../../bootstrap/argument-parser.js';
import { defineReproducer, prepareRun, type PreparedRun } from '../../bootstrap/prepare-run.js';
import { collectRuns } from '../../bootstrap/collected-runs.js';
import { ReproducerWorker } from '../../bootstrap/reproducer-worker.js';
import type { RunReproducerOverrides } from '../../bootstrap/run-options.js';
import { stopOnSignals } from '../../bootstrap/signals.js';
import { renderConfiguration } from '../../config/render-configuration.js';
import { parseMatch } from '../../config/values/parse-match.js';
import { findOnTopic } from '../../engine/replay/find-on-topic.js';
import type { ReplayItem } from '../../engine/replay/rebuild-file.js';
import { ReplayEngine } from '../../engine/replay/replay-engine.js';
import {
  isOfClass,
  readStoredLetters,
  replayItemOf,
  type StoredLetter,
} from '../../engine/replay/stored-letters.js';
import { BrokerError, ConfigError } from '../../errors.js';
import type { KafkaDriver } from '../../kafka/driver.js';
import { createKafkajsDriver } from '../../kafka/kafkajs/create-driver.js';
import { countText } from '../../observe/quantity-text.js';
import { chooseClass } from '../run/choose-class.js';
import { loadModule } from '../../bootstrap/load-module.js';
import { dismissLetters } from './dismiss-letters.js';
import { letterCount, letterDetails, letterTable } from './render-letters.js';
import { refuseWorkerFlags } from './refuse-worker-flags.js';
import { isSelected, replaySelection, type ReplayFlags, type ReplaySelection } from './replay-selection.js';

const leastWidth = 40;
const usualWidth = 80;

/**
 * Answers `reproducer replay`: lists dead letters, shows or dismisses them, or runs their files through the class again.
 *
 * @param argv the class's command line
 * @returns the exit code: 0 done, 1 failed, 3 files failed again
 * @throws {ConfigError} with what is wrong with module, class or options
 */
export async function runReplay(file: string, flags: ReplayFlags, argv: readonly string[]): Promise<number> {
  const selection = replaySelection(flags, Date.now());
  const collected = collectRuns();
  const exported = await loadModule(file);
  const { target, overrides } = chooseClass(file, exported, collected, flags.class);
  const given = flags.from === undefined ? argv : [...argv, '--consume-topic', flags.from];
  const options: RunReproducerOverrides = { module: resolve(file), ...overrides, argv: given };
  const defined = await defineReproducer(target, options);
  refuseWorkerFlags(readCommandLine(defined.definition, given));
  const run = prepareRun(defined, options);
  if (run.configuration.action === 'print-config')
    return print([renderConfiguration(run.configuration).trimEnd()]);
  try {
    return await act(run, flags, selection);
  } catch (error) {
    if (!(error instanceof BrokerError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return 1;
  }
}

async function act(run: PreparedRun, flags: ReplayFlags, selection: ReplaySelection): Promise<number> {
  const driver = driverOf(run);
  if (flags.from !== undefined) {
    const items = await findOnTopic(driver, flags.from, path => parseMatch(flags.path!).test(path));
    if (flags.list === true) return print(items.map(({ path, versionId }) => `${versionId}  ${path}`));
    return items.length === 0
      ? print([`no file on ${flags.from} is named ${flags.path!}`])
      : replay(run, driver, items);
  }
  const topic = flags.fromStateTopic === true ? stateTopicOf(run) : letterTopicOf(run);
  const all = await readStoredLetters(driver, topic);
  const { name } = run.definition;
  const { consumeTopic } = run.configuration.options;
  const own = all.filter(letter => isOfClass(letter, { name, consumeTopic }));
  const letters = own.filter(letter => isSelected(letter, selection));
  if (flags.list === true) return list(letters, { topic, others: all.length - own.length });
  if (letters.length === 0) return print([`${topic} has no such dead letter`]);
  if (flags.show === true) return print(letters.flatMap(letter => [...letterDetails(letter), '']));
  if (flags.dismiss === true) return dismissLetters(driver, topic, letters);
  return replay(run, driver, letters.flatMap(replayItemOf));
}

function driverOf({ configuration, logger }: PreparedRun): KafkaDriver {
  const { connection, compression } = configuration.options;
  return createKafkajsDriver({ connection, compression, logger });
}

function letterTopicOf({ configuration }: PreparedRun): string {
  const { deadLetterTopic } = configuration.options;
  if (deadLetterTopic !== undefined) return deadLetterTopic;
  throw new ConfigError('--dead-letter-topic is none: give the topic that has the dead letters');
}

function stateTopicOf({ configuration }: PreparedRun): string {
  const { stateTopic } = configuration.options;
  if (stateTopic !== undefined) return stateTopic;
  throw new ConfigError('--from-state-topic needs one, and --state-topic is none: leave one of them out');
}

function list(
  letters: readonly StoredLetter[],
  { topic, others }: { topic: string; others: number },
): number {
  const width = Math.max(leastWidth, process.stdout.columns || usualWidth);
  const hidden =
    others === 0 ? '' : `; ${countText(others, 'dead letter')} of other classes or topics not shown`;
  const table = letters.length === 0 ? [] : [...letterTable(letters, width), ''];
  return print([...table, `${topic}: ${letterCount(letters)}${hidden}`]);
}

async function replay(run: PreparedRun, driver: KafkaDriver, items: readonly ReplayItem[]): Promise<number> {
  if (items.length === 0)
    return print(['only files can be run again, and messages that cannot be used are none']);
  const { definition, logger, configuration } = run;
  const worker = new ReproducerWorker({
    name: definition.name,
    prepare: () => Promise.resolve(run),
    // It joins no group, and reads nothing but the chunks of these files.
    reads: `${countText(items.length, 'file')} of ${configuration.options.consumeTopic} again`,
    loadEngine: () =>
      Promise.resolve((engineOptions, listener) => new ReplayEngine(engineOptions, listener, driver, items)),
  });
  const { drainTimeoutMs } = configuration.options;
  const undo = stopOnSignals({ worker, logger, drainTimeoutMs });
  try {
    await worker.start();
    return (await worker.ended).exitCode;
  } finally {
    undo();
  }
}

function print(lines: readonly string[]): number {
  process.stdout.write(`${lines.join('\n')}\n`);
  return 0;
}
