import type { FileSource } from '../processing/data-file.js';
import type { FileFailureReason } from '../engine/reports.js';

/**
 * How a run came to its end. `stopped`: by a signal, a key or `stop()`. `idle`, `limit`: by `--until-idle`, `--limit`.
 * `abandoned`: stopped, and the deadline passed before all running calls had ended; their files are done after a restart.
 * `failed`: Kafka refused something for good, or a hook threw. `not-run`: nothing was started (`--help`, `--check`, a
 * mistake in the configuration, or the module is not the program). `running`: it has not ended yet.
 */
export type RunOutcome = 'not-run' | 'running' | 'stopped' | 'idle' | 'limit' | 'abandoned' | 'failed';

/** 0 done; 1 failed; 2 wrong use or configuration; 3 ended, but files failed. (130, a second signal, leaves no summary.) */
export type ExitCode = 0 | 1 | 2 | 3;

/** A file that was given up, with where its chunks lie. */
export interface FailedFile {
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  readonly sha512: string;
  readonly reason: FileFailureReason;
  readonly error: string;
  /** Calls of the method that were made. */
  readonly attempts: number;
  readonly source: FileSource;
}

/** What a worker did from its start until now, or until its end; plain data, fit for `JSON.stringify`. */
export interface RunSummary {
  /** Name of the worker. */
  readonly name: string;
  readonly outcome: RunOutcome;
  readonly exitCode: ExitCode;
  /** What ended the run, where `outcome` is `failed`. */
  readonly error?: string;
  /** ISO 8601; undefined when nothing was started. */
  readonly startedAt?: string;
  readonly durationMs: number;
  readonly files: {
    /** Processed, those that were skipped included. */
    readonly done: number;
    /** Done without a message, because the method said so. */
    readonly skipped: number;
    /** Given up. */
    readonly failed: number;
    /** Whole uploads of a file that had an outcome already. */
    readonly duplicate: number;
    /** Versions that never became whole, given up as a newer one of their path was done. */
    readonly superseded: number;
    /** Handed to the method or waiting for it when the run ended; done after a restart. */
    readonly unfinished: number;
    /** Of which not every chunk has arrived so far. */
    readonly incomplete: number;
  };
  /** Bytes of the files that are done. */
  readonly fileBytes: number;
  /** Results produced and acknowledged. */
  readonly messages: number;
  /** Messages read from the topic, and their bytes. */
  readonly records: { readonly count: number; readonly bytes: number };
  /** Messages that are no usable chunk, by error code. */
  readonly badInput: { readonly count: number; readonly byCode: Readonly<Record<string, number>> };
  /** In the order they were given up; the first {@link maxFailedFiles}. */
  readonly failedFiles: readonly FailedFile[];
  /** How many more there are. */
  readonly failedFilesOmitted: number;
}

/** A worker may run for months; its list of failed files must not grow without limit. */
export const maxFailedFiles = 1_000;

/** The summary of a worker that was not started. */
export function notRunSummary(name: string, exitCode: ExitCode, error?: string): RunSummary {
  return {
    name,
    outcome: 'not-run',
    exitCode,
    ...(error === undefined ? {} : { error }),
    durationMs: 0,
    files: { done: 0, skipped: 0, failed: 0, duplicate: 0, superseded: 0, unfinished: 0, incomplete: 0 },
    fileBytes: 0,
    messages: 0,
    records: { count: 0, bytes: 0 },
    badInput: { count: 0, byCode: {} },
    failedFiles: [],
    failedFilesOmitted: 0,
  };
}
