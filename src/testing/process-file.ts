import { createHash } from 'node:crypto';
import { hooksOf } from '../bootstrap/lifecycle-hooks.js';
import { defineReproducer, prepareRun, type PreparedRun } from '../bootstrap/prepare-run.js';
import type { CreateReproducerOptions } from '../bootstrap/run-options.js';
import type { ReproducerClass } from '../definition/reproducer-definition.js';
import type { LogLine } from '../logger.js';
import { notRunSummary } from '../observe/run-summary.js';
import { FileProcessing } from '../processing/file-processing.js';
import type { FailureReason, FileReady, FileSettled, SerializedError } from '../processing/file-work.js';
import { resultId } from '../wire/result-id.js';
import { safeFilePath } from '../wire/safe-file-path.js';
import { CapturedLog } from './captured-log.js';
import { fileToUpload, type TestFile } from './test-file.js';
import { testResult, type TestResult } from './test-result.js';

/** As for `createReproducer`, but nothing is connected. */
export type ProcessFileOptions<T extends object = object> = Omit<
  CreateReproducerOptions<T>,
  'brokers' | 'hosting'
>;

/** What one call of a class's method came to. */
export interface ProcessedFile {
  readonly outcome: 'done' | 'skipped' | 'failed';
  /** What would be produced; empty unless `done`, and for a file processor. */
  readonly messages: readonly TestResult[];
  /** What was given to `context.skip`. */
  readonly skipped?: string;
  readonly failure?: { readonly reason: FailureReason; readonly error: SerializedError };
  /** Calls of the method: more than one only with `attempts` above 1. */
  readonly attempts: number;
  /** What the method reported with `context.progress`; of values that follow each other quickly not every one is reported. */
  readonly progress: readonly number[];
  /** Empty when a `logger` was given. */
  readonly logLines: readonly LogLine[];
}

const workId = 1;

/**
 * Calls a class's method with one file, without any broker: everything around the call is what a worker does, from the
 * class's options and hooks to the encoding of what it returns.
 *
 * The method is called once, unless `attempts` says more. What it throws becomes `failure`, as in a worker.
 *
 * ```ts
 * const { messages } = await processFile(PeakFinder, { path: 'a.xy', bytes: '20.0 17\n' }, { argv: ['--minimum-height', '5'] });
 * expect(messages[0]?.json).toEqual({ peaks: 1 });
 * ```
 * @throws {UsageError} with all mistakes of the class or its options
 * @throws {UnsafePathError} no worker would take a file of this path
 * @throws {TypeError} the file is empty: such a file has no chunk and never reaches a method
 */
export async function processFile<T extends object>(
  target: ReproducerClass<T>,
  file: TestFile,
  options: ProcessFileOptions<T> = {},
): Promise<ProcessedFile> {
  const log = new CapturedLog('debug');
  const run = await prepare(target, { logger: log.logger, ...options });
  const ready = fileReady(file, run);
  const progress: number[] = [];
  const { settled, messages } = await runWithHooks(run, ready, fraction => progress.push(fraction));
  const common = { attempts: settled.attempts, progress, logLines: log.lines, messages };
  const { outcome } = settled;
  if (outcome.kind === 'done') {
    const { skipped } = outcome;
    return skipped === undefined
      ? { outcome: 'done', ...common }
      : { outcome: 'skipped', skipped, ...common };
  }
  if (outcome.kind === 'discarded')
    throw new Error(`${file.path} was given back, though nobody took it back`);
  return { outcome: 'failed', failure: { reason: outcome.reason, error: outcome.error }, ...common };
}

async function prepare<T extends object>(
  target: ReproducerClass<T>,
  options: ProcessFileOptions<T>,
): Promise<PreparedRun> {
  const defined = await defineReproducer(target, options);
  const { consumeTopic = 'files', produceTopic = 'results', kind } = defined.definition;
  return prepareRun(defined, {
    env: {},
    attempts: 1,
    // No file is written for a test.
    tables: 'none',
    consumeTopic,
    ...(kind === 'file-processor' ? {} : { produceTopic }),
    ...options,
    brokers: 'not-connected:9092',
  });
}

/** Between `onStart` and `onStop`, as in a worker. */
async function runWithHooks(run: PreparedRun, ready: FileReady, onProgress: (fraction: number) => void) {
  const { definition, instance, logger, configuration } = run;
  const { options } = configuration;
  let settled!: FileSettled;
  const processing = new FileProcessing({
    definition,
    instance,
    options,
    logger,
    onSettled: each => (settled = each),
    onProgress: ({ fraction }) => onProgress(fraction),
  });
  const hooks = hooksOf(instance, definition.name);
  const { signal } = new AbortController();
  const context = { log: logger, options, lock: processing.lock, signal };
  await hooks.onStart(context);
  processing.submit(ready);
  await processing.drain();
  await hooks.onStop({ ...context, summary: notRunSummary(definition.name, 0) });
  const produced = settled.outcome.kind === 'done' ? settled.outcome.messages : [];
  return { settled, messages: produced.map(testResult) };
}

function fileReady(file: TestFile, { definition, configuration }: PreparedRun): FileReady {
  const { path, bytes, modifiedAt } = fileToUpload(file);
  if (bytes.length === 0) {
    throw new TypeError(`${path} is empty: such a file has no chunk and never reaches a method`);
  }
  const { chunkBytes, consumeTopic } = configuration.options;
  const slash = path.lastIndexOf('/');
  const names = safeFilePath(path.slice(0, Math.max(slash, 0)), path.slice(slash + 1));
  const fileHash = createHash('sha512').update(bytes).digest();
  const chunkCount = Math.ceil(bytes.length / chunkBytes);
  const partition = { partition: 0, firstOffset: '0', lastOffset: String(chunkCount - 1) };
  return {
    workId,
    info: {
      ...names,
      sha512: fileHash.toString('hex'),
      chunkCount,
      source: { topic: consumeTopic, partitions: [partition] },
      ...(modifiedAt === undefined ? {} : { modifiedAtMs: modifiedAt.getTime() }),
    },
    bytes: new Uint8Array(bytes).buffer,
    size: bytes.length,
    resultId: resultId(definition.name, definition.version ?? '', names.path, fileHash, chunkCount),
  };
}
