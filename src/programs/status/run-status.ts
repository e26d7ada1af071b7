import { resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { exitSoon } from '../../bootstrap/exit-code.js';
import { onStopSignals } from '../../bootstrap/signals.js';
import type { ConfigurationInput } from '../../config/resolve-configuration.js';
import { parseByteSize } from '../../config/values/parse-byte-size.js';
import { parseDuration } from '../../config/values/parse-duration.js';
import type { CompiledWorkerOptions } from '../../config/worker-options.js';
import { durationText } from '../../duration-text.js';
import { BrokerError, ConfigError, UsageError } from '../../errors.js';
import type { AdminPort, KafkaDriver } from '../../kafka/driver.js';
import { createKafkajsDriver } from '../../kafka/kafkajs/create-driver.js';
import { tellOfTrouble } from '../../kafka/tell-of-trouble.js';
import { createLogger } from '../../logger.js';
import { StreamTables } from '../../registry/stream-tables.js';
import { inProgramFlagNames } from '../file-program.js';
import { resolveProgram } from '../program-configuration.js';
import { readStatus, type StatusFindings, type StatusQuestion } from './read-status.js';
import { renderStatus } from './render-status.js';
import { filesInProgress, succeededFiles } from './table-files.js';

/** The flags of `reproducer status` as they were typed. */
export interface StatusFlags {
  readonly group?: string;
  readonly topic?: string;
  readonly stateTopic?: string;
  readonly brokers?: string;
  readonly config?: string;
  readonly readLimit?: string;
  readonly json?: boolean;
  readonly watch?: string | true;
  readonly tables?: string;
  readonly produceTopic?: string;
}

interface StatusRun {
  readonly question: StatusQuestion;
  readonly connection: CompiledWorkerOptions['connection'];
  /** Undefined: once. */
  readonly intervalMs?: number;
  readonly tables?: { readonly folder: string; readonly produceTopic?: string };
}

const name = 'status';
const groupMissing =
  "--group is missing: give the worker's --group-id; by default it is the name of its class";
/** Of what is printed once, and was not; as the shell says it of a program that SIGINT ended. */
const stoppedExitCode = 130;
/** How long what is under way may take when it is stopped. */
const stoppedMs = 500;
const leastIntervalMs = 100;
/** How long it waits for others that write the tables. */
const patienceMs = 30_000;
const retryMs = 50;
/** Where there is no terminal, and of terminals that do not tell theirs. */
const usualWidth = 100;

/**
 * Prints how a group stands.
 *
 * @returns the exit code: 0, 1 Kafka refused or could not be reached, 2 wrong use or configuration, 3 files failed
 */
export async function runStatus(flags: StatusFlags): Promise<number> {
  let run: StatusRun;
  try {
    run = readStatusFlags(flags, { env: process.env, cwd: process.cwd() });
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return 2;
  }
  const stopping = new AbortController();
  const forget = onStopSignals({
    onFirst: () => {
      stopping.abort();
      // Nothing is lost by ending, and a Kafka that is away would be waited for.
      process.exitCode = flags.watch === undefined ? stoppedExitCode : 0;
      exitSoon(stoppedMs);
    },
  });
  // Nobody looks any more.
  process.stdout.once('error', () => stopping.abort());
  try {
    return await show(run, flags.json === true, stopping.signal);
  } catch (error) {
    if (!(error instanceof BrokerError) && !(error instanceof UsageError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return error instanceof UsageError ? 2 : 1;
  } finally {
    forget();
  }
}

/** @throws {ConfigError} with all mistakes at once */
export function readStatusFlags(
  flags: StatusFlags,
  sources: Pick<ConfigurationInput, 'env' | 'cwd' | 'readFile'>,
): StatusRun {
  const own: { readLimit: number; watch?: number } = { readLimit: 256 * 1024 * 1024 };
  const options = [
    { name: 'read-limit', property: 'readLimit', parse: parseByteSize },
    { name: 'watch', property: 'watch', parse: parseDuration },
  ];
  const { config, brokers, topic, group, stateTopic, readLimit, watch, tables, produceTopic } = flags;
  const given = {
    config,
    brokers,
    'group-id': group,
    'consume-topic': topic,
    'produce-topic': produceTopic ?? 'unused',
    'state-topic': stateTopic,
    'read-limit': readLimit,
    watch: watch === true ? '2s' : watch,
  };
  const { options: worker } = resolveInOwnWords({ name, options }, given, own, sources);
  if (worker.groupId === name && group === undefined) throw new ConfigError(groupMissing);
  if (own.watch !== undefined && own.watch < leastIntervalMs)
    throw new ConfigError(`--watch must be at least ${durationText(leastIntervalMs)}; found ${watch!}`);
  if (produceTopic !== undefined && tables === undefined)
    throw new ConfigError('--produce-topic only names a table: give --tables as well');
  const { groupId, consumeTopic, connection } = worker;
  const named = produceTopic === undefined ? {} : { produceTopic };
  return {
    connection,
    question: { group: groupId, topic: consumeTopic, stateTopic: worker.stateTopic, maxBytes: own.readLimit },
    ...(own.watch === undefined ? {} : { intervalMs: own.watch }),
    ...(tables === undefined ? {} : { tables: { folder: resolve(sources.cwd, tables), ...named } }),
  };
}

/** All mistakes at once, in the words of this command line. */
function resolveInOwnWords(...given: Parameters<typeof resolveProgram>): ReturnType<typeof resolveProgram> {
  const isGroupGiven = given[1]['group-id'] !== undefined;
  try {
    return resolveProgram(...given);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const problems = [...error.problems.map(inProgramFlagNames), ...(isGroupGiven ? [] : [groupMissing])];
    throw new ConfigError(problems, { heading: 'status cannot start:' });
  }
}

async function show(
  { question, connection, intervalMs, tables }: StatusRun,
  isJson: boolean,
  signal: AbortSignal,
): Promise<number> {
  const logger = createLogger({ level: 'fatal', name });
  const driver = createKafkajsDriver({ connection, compression: 'none', logger });
  const admin = await connect(driver);
  const write = tables === undefined ? undefined : tableWriter(tables, question);
  try {
    for (;;) {
      const findings = await readStatus(driver, admin, question);
      const { report } = findings;
      await write?.(findings);
      if (isJson) process.stdout.write(`${JSON.stringify(report, null, intervalMs === undefined ? 2 : 0)}\n`);
      else print(renderStatus(report, process.stdout.columns || usualWidth), intervalMs !== undefined);
      if (intervalMs === undefined) return report.failed.length > 0 ? 3 : 0;
      await delay(intervalMs, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return 0;
    }
  } finally {
    await admin.close();
  }
}

/** Says soon what keeps it from connecting; the client itself says it when it has given up. */
async function connect(driver: KafkaDriver): Promise<AdminPort> {
  const endTelling = tellOfTrouble(driver, error =>
    process.stderr.write(`${error.message}; this is tried again for a few seconds\n`),
  );
  try {
    return await driver.admin();
  } finally {
    endTelling();
  }
}

function tableWriter(
  { folder, produceTopic }: NonNullable<StatusRun['tables']>,
  { topic, group }: StatusQuestion,
): (findings: StatusFindings) => Promise<void> {
  const tables = new StreamTables(folder, {
    ...{ topic, group },
    ...(produceTopic === undefined ? {} : { produceTopic }),
  });
  const hasResults = produceTopic !== undefined;
  return async findings => {
    try {
      // A worker that shares the folder has it for as long as it writes.
      const endMs = performance.now() + patienceMs;
      while (!(await tables.replace(filesInProgress(findings, hasResults), succeededFiles(findings)))) {
        if (performance.now() > endMs) throw new Error('another process has kept them locked all the time');
        await delay(retryMs);
      }
    } catch (error) {
      throw new ConfigError(`--tables: cannot write into ${folder}: ${(error as Error).message}`, {
        cause: error,
      });
    }
  };
}

function print(lines: readonly string[], isWatching: boolean): void {
  // To the first row, and away with what is below it.
  const clear = isWatching && process.stdout.isTTY ? '\u001b[H\u001b[2J' : '';
  process.stdout.write(`${clear}${lines.join('\n')}\n`);
}
