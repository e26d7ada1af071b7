import type { EngineEnd, EngineLogLine, EngineProgress } from '../engine/engine.js';
import type { EngineReport } from '../engine/reports.js';
import { describeError } from '../errors.js';
import type { Logger } from '../logger.js';
import { BadInputLog } from './bad-input-log.js';
import { CallProgress } from './call-progress.js';
import { endLines } from './end-lines.js';
import type { LiveProgress } from './live-progress.js';
import { withoutFields, type LineWriter } from './line-writer.js';
import { ProgressLog, type ProgressCounts } from './progress-log.js';
import { reportLine } from './report-line.js';
import { RunCounters } from './run-counters.js';
import type { ExitCode, RunOutcome, RunSummary } from './run-summary.js';
import { usualWords, type RunWords } from './run-words.js';

export interface RunObserverOptions {
  /** Name of the worker. */
  readonly name: string;
  readonly consumeTopic: string;
  readonly logger: Logger;
  /** Shows progress on a terminal, in place of lines. */
  readonly live?: LiveProgress;
  /** The lines go to a terminal: texts only. */
  readonly isForPeople?: boolean;
  /** Default: those of a worker with results. */
  readonly words?: RunWords;
  /** Milliseconds that never go back. */
  readonly now?: () => number;
  /** Now, for `startedAt`. */
  readonly date?: () => Date;
}

/** Kafka's answer for a topic that does not exist; it is in the text of the trouble with reading. */
const missingTopicCode = 'UNKNOWN_TOPIC_OR_PARTITION';

/** Turns what the engine tells into log lines, counters and, at the end, a summary. */
export class RunObserver {
  readonly #options: RunObserverOptions;
  readonly #lines: LineWriter;
  readonly #words: RunWords;
  readonly #now: () => number;
  readonly #startedAt: string;
  readonly #startedAtMs: number;
  readonly #counters = new RunCounters();
  /** To be told of each file and what its method says. */
  readonly calls = new CallProgress();
  readonly #badInput: BadInputLog;
  readonly #progress: ProgressLog;
  #lacksTopic = false;
  #end: { readonly outcome: RunOutcome; readonly error?: string; readonly atMs: number } | undefined;

  constructor(options: RunObserverOptions) {
    this.#options = options;
    this.#words = options.words ?? usualWords;
    this.#now = options.now ?? (() => performance.now());
    this.#startedAt = (options.date ?? (() => new Date()))().toISOString();
    this.#startedAtMs = this.#now();
    this.#lines = options.isForPeople === true ? withoutFields(options.logger) : options.logger;
    this.#badInput = new BadInputLog(this.#lines, () => options.consumeTopic, this.#now);
    this.#progress = new ProgressLog(this.#lines, this.#now);
  }

  onReport(report: EngineReport): void {
    this.#counters.addReport(report);
    if (report.kind === 'bad-input') this.#badInput.add(report);
    else this.write(reportLine(report, this.#options.consumeTopic, this.#words));
  }

  onProgress(progress: EngineProgress): void {
    this.#counters.setProgress(progress);
    this.#badInput.tick();
    const { live } = this.#options;
    const counts = this.#progressCounts();
    live?.update(progress, counts, this.#now());
    this.#progress.update(progress, counts, live !== undefined);
  }

  /** A line of the engine itself; it may hold an error with its stack. */
  onLog({ level, fields, message }: EngineLogLine): void {
    const isTrouble = 'activity' in fields;
    if (isTrouble && fields.activity === 'reading')
      this.#lacksTopic = 'reason' in fields && String(fields.reason).includes(missingTopicCode);
    // What stands still, and why, is in the text.
    (isTrouble ? this.#lines : this.#options.logger)[level](fields, message);
  }

  /** For the key `c`. */
  printProgress(): void {
    this.#progress.write(this.#progressCounts());
  }

  #progressCounts(): ProgressCounts {
    const { done, failed } = this.#counters.counts().files;
    const missingTopic = this.#lacksTopic ? { missingTopic: this.#options.consumeTopic } : {};
    return { done, failed, calls: this.calls.texts(), ...missingTopic };
  }

  summary(): RunSummary {
    const counts = this.#counters.counts();
    const { outcome = 'running', error, atMs = this.#now() } = this.#end ?? {};
    return {
      name: this.#options.name,
      outcome,
      exitCode: exitCodeOf(outcome, counts.files.failed),
      ...(error === undefined ? {} : { error }),
      startedAt: this.#startedAt,
      durationMs: Math.round(atMs - this.#startedAtMs),
      ...counts,
    };
  }

  /**
   * Notes how the run ended. A later call changes nothing but a success into a failure: a hook may still throw.
   */
  end(end: EngineEnd): void {
    if (this.#end !== undefined && end.kind !== 'failed') return;
    const error = end.kind === 'failed' ? { error: describeError(end.error) } : {};
    this.#end ??= { outcome: outcomeOf(end), ...error, atMs: this.#now() };
    if (this.#end.outcome !== 'failed' && end.kind === 'failed')
      this.#end = { ...this.#end, outcome: 'failed', ...error };
  }

  /** Writes what is left to say. */
  writeEnd(): void {
    this.#options.live?.close();
    this.#badInput.flush();
    for (const line of endLines(this.summary(), this.#words)) this.write(line);
  }

  /** A line whose text says all that its fields say. */
  write({ level, fields, message }: EngineLogLine): void {
    this.#lines[level](fields, message);
  }
}

function outcomeOf(end: EngineEnd): RunOutcome {
  return end.kind === 'drained' ? end.reason : end.kind;
}

function exitCodeOf(outcome: RunOutcome, failedCount: number): ExitCode {
  if (outcome === 'failed') return 1;
  return failedCount > 0 ? 3 : 0;
}
