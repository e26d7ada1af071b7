import { hasFlag } from '../config/command-line.js';
import { renderConfiguration } from '../config/render-configuration.js';
import type { ReproducerClass } from '../definition/reproducer-definition.js';
import { loadEngine } from '../engine/start-engine.js';
import { ConfigError, describeError, UsageError } from '../errors.js';
import { LiveProgress } from '../observe/live-progress.js';
import { notRunSummary, type ExitCode, type RunSummary } from '../observe/run-summary.js';
import { helpText, readCommandLine } from './argument-parser.js';
import { leaveCallsBehind, tellSuddenExit } from './calls-at-exit.js';
import { collectRun } from './collected-runs.js';
import { isEntryModule, type EntryModule } from './entry-module.js';
import { enterProgram, exitCodeOf, exitSoon } from './exit-code.js';
import { letSmallHeapsGrow } from './heap-growth.js';
import { isChild, offerClass } from './isolation/class-offer.js';
import { packageVersion } from '../package-version.js';
import { defineReproducer, prepareRun, type DefinedReproducer, type PreparedRun } from './prepare-run.js';
import { outliveOutput } from './lost-output.js';
import { ReproducerWorker } from './reproducer-worker.js';
import type { RunReproducerOverrides } from './run-options.js';
import { stopOnSignals } from './signals.js';
import { watchPipeCommands, watchTerminalKeys } from './terminal-keys.js';
import { collectYoungBuffers } from './young-buffers.js';

/**
 * Runs a decorated class as the program's worker: reads the command line, connects, rebuilds files and runs the class's
 * method on each until a signal, `q` in a terminal, `--until-idle` or `--limit` ends it.
 *
 * ```ts
 * await runReproducer(PeakFinder, import.meta);
 * ```
 *
 * @param entry `import.meta` or `module`: when given and that module is not the program being executed, nothing runs, so
 *   that tests and other modules can import the class. Without it the class always runs.
 * @param overrides worker options that win over all other sources, and `create`, `logger`, `argv`, `env`, `hosting`.
 * @returns what was done. `outcome` is `not-run` when nothing was started: another module is the program, `--help` and
 *   its like, or a mistake. Never rejects: errors are printed, and `process.exitCode` is set to 0 done; 1 failed;
 *   2 wrong use or configuration; 3 ended, but files failed. A second signal ends the process with 130.
 *   After a run that failed or was abandoned the process ends two seconds later, when no other worker of it runs.
 */
export async function runReproducer<T extends object>(
  target: ReproducerClass<T>,
  entry?: EntryModule,
  overrides: RunReproducerOverrides<T> = {},
): Promise<RunSummary> {
  if (offerClass(target, overrides)) return new Promise(() => undefined);
  if (isChild()) return notRunSummary(target.name, 0);
  if (collectRun(target, overrides)) return notRunSummary(target.name, 0);
  try {
    if (entry !== undefined && !isEntryModule(entry)) return notRunSummary(target.name, 0);
  } catch (error) {
    return ended(refuse(target.name, error));
  }
  return runFromCommandLine(target, entry === undefined ? overrides : { module: entry, ...overrides });
}

/** The same for a class whose module need not be the program: `reproducer run FILE`. */
export async function runFromCommandLine<T extends object>(
  target: ReproducerClass<T>,
  overrides: RunReproducerOverrides<T>,
): Promise<RunSummary> {
  const options = { ...overrides, argv: overrides.argv ?? process.argv.slice(2) };
  outliveOutput();
  try {
    const defined = await defineReproducer(target, options);
    const answer = informationFor(defined, options.argv);
    if (answer !== undefined) return ended(print(defined.definition.name, answer, 0));
    const run = prepareRun(defined, options, true);
    return ended(await act(run, options));
  } catch (error) {
    return ended(refuse(target.name, error));
  }
}

/** `--help` and `--version` are answered whatever else is on the command line. */
function informationFor({ definition }: DefinedReproducer, argv: readonly string[]): string | undefined {
  const commandLine = readCommandLine(definition, argv);
  if (hasFlag(commandLine, 'help')) return helpText(definition);
  if (!hasFlag(commandLine, 'version')) return undefined;
  const own = definition.version === undefined ? '' : `${definition.name} ${definition.version}, `;
  return `${own}kafka-reproducer ${packageVersion()}\n`;
}

async function act(run: PreparedRun, options: RunReproducerOverrides): Promise<RunSummary> {
  const { configuration, definition } = run;
  switch (configuration.action) {
    case 'print-config':
      return print(definition.name, renderConfiguration(configuration), 0);
    case 'check': {
      // Loaded here, with the Kafka client, which otherwise only the engine's thread needs.
      const { checkInstallation } = await import('./check/check-installation.js');
      const { text, isOk } = await checkInstallation(run);
      return print(definition.name, text, isOk ? 0 : 1);
    }
    case 'run':
      return runPrepared(run, options);
  }
}

/** Runs until a signal, a key or an option ends it, as the program's worker. Never rejects: an error is logged. */
export async function runPrepared(
  run: PreparedRun,
  options: Pick<RunReproducerOverrides, 'env' | 'hosting'> = {},
): Promise<RunSummary> {
  const { logger, configuration, definition } = run;
  const hasLog = run.isForPeople && configuration.options.logLevel !== 'silent';
  const live = hasLog ? LiveProgress.open(options.env ?? process.env) : undefined;
  const worker = new ReproducerWorker({
    name: definition.name,
    prepare: () => Promise.resolve(run),
    loadEngine: () => loadEngine(options.hosting ?? 'thread'),
    ...(live === undefined ? {} : { live }),
  });
  const { drainTimeoutMs, memoryBudgetBytes } = configuration.options;
  const commands = { onProgress: () => worker.printProgress(), onQuit: () => void worker.stop() };
  const calls = { worker, logger, name: definition.name };
  const undo = [
    enterProgram(),
    letSmallHeapsGrow(memoryBudgetBytes),
    collectYoungBuffers(memoryBudgetBytes),
    stopOnSignals({ worker, logger, drainTimeoutMs }),
    tellSuddenExit(calls),
    watchTerminalKeys({ input: process.stdin, logger, ...commands }),
    watchPipeCommands({ input: process.stdin, ...commands }),
  ];
  try {
    await worker.start();
    const summary = await worker.ended;
    leaveCallsBehind(calls);
    return summary;
  } catch (error) {
    logger.fatal({ err: error }, describeError(error));
    return { ...(await worker.ended), exitCode: exitCodeOf(error) };
  } finally {
    live?.close();
    for (const each of undo) each();
  }
}

function print(name: string, text: string, exitCode: ExitCode): RunSummary {
  process.stdout.write(text);
  return notRunSummary(name, exitCode);
}

/** Says what is wrong. There may be no logger yet, and a list of mistakes is for people in any case. */
function refuse(name: string, error: unknown): RunSummary {
  const isUsage = error instanceof UsageError;
  const text = isUsage ? error.message : stackOf(error);
  // There is no help for a class that cannot be.
  const hint = error instanceof ConfigError ? ' --help lists all options.' : '';
  process.stderr.write(`${text}\n${isUsage ? `Nothing was started.${hint}\n` : ''}`);
  return notRunSummary(name, exitCodeOf(error), describeError(error));
}

function stackOf(error: unknown): string {
  return error instanceof Error && error.stack !== undefined ? error.stack : describeError(error);
}

function ended(summary: RunSummary): RunSummary {
  if (summary.exitCode !== 0) process.exitCode = summary.exitCode;
  if (summary.outcome === 'abandoned' || summary.outcome === 'failed') exitSoon();
  return summary;
}
