/**
 * The public API of kafka-reproducer: a decorated class in, a running worker out.
 *
 * ```ts
 * @Reproducer('instrument-files', 'peak-tables')
 * class PeakFinder {
 *   @Processor()
 *   findPeaks(file: DataFile) {
 *     return { file: file.path, bytes: file.size };
 *   }
 * }
 * await runReproducer(PeakFinder, import.meta);
 * ```
 */
export { CliOption, FileProcessor, Processor, Reproducer } from '../decorators/index.js';

export { runReproducer } from './bootstrap/run-reproducer.js';
export { createReproducer, type ReproducerHandle } from './bootstrap/create-reproducer.js';
export { argumentParser } from './bootstrap/class-argument-parser.js';
export type { EntryModule } from './bootstrap/entry-module.js';
export type { CreateReproducerOptions, RunReproducerOverrides } from './bootstrap/run-options.js';
export type { LifecycleHooks, StartContext, StopContext } from './bootstrap/lifecycle-hooks.js';
export type { WorkerEvents, WorkerState } from './bootstrap/worker-events.js';
export type { ExitCode, FailedFile, RunOutcome, RunSummary } from './observe/run-summary.js';

export type {
  ByteSize,
  CliOptionOptions,
  Duration,
  ProcessorOptions,
  ReproducerOptions,
  WorkerDefaults,
} from './definition/decorator-options.js';
export type { CliOptionType, ReproducerClass } from './definition/reproducer-definition.js';
export type { ProgramOptions } from './config/program-options.js';

export { MetadataReproducer } from './processing/metadata-reproducer.js';
export { pythonFloat, type PythonFloat } from './wire/python-float.js';
export { DataFile, type DataFileInfo, type FileSource } from './processing/data-file.js';
export { ResultMessage, type ResultMessageOptions } from './processing/result-message.js';
export type { ProcessorReturn, ResultItem } from './processing/collect-result.js';
export type { ResultValue } from './processing/result-value.js';
export type { ProcessorContext, ReproducerLock, SkippedFile } from './processing/processor-context.js';
export type { EngineProgress } from './engine/engine.js';

export {
  BrokerError,
  ChunkConflictError,
  ChunkDecodeError,
  ChunkHashMismatchError,
  ConfigError,
  DecoratorUsageError,
  FileHashMismatchError,
  FileTooLargeError,
  IllegalStateError,
  InputError,
  NonRetriableError,
  ProcessorCrashedError,
  ProcessorError,
  ProcessorTimeoutError,
  ReproducerError,
  ResultError,
  StorageError,
  TooManyOpenFilesError,
  UnsafePathError,
  UsageError,
  type ErrorCode,
} from './errors.js';
export { createLogger, type Logger, type LoggerOptions, type LogLevel } from './logger.js';
