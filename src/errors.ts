/**
 * Every error class of the package and its code.
 *
 * One closed union of codes, so that programs can switch on `code` and the compiler knows when a case is missing.
 * Who reacts how is decided by the class: a `UsageError` ends the program before a message is read (exit 2), an
 * `InputError` gives up one message or file, a `ProcessorError` is the user's method, a `BrokerError` is Kafka.
 */
export type ErrorCode =
  | 'ERR_DECORATOR_USAGE'
  | 'ERR_CONFIG'
  | 'ERR_ILLEGAL_STATE'
  | 'ERR_CHUNK_DECODE'
  | 'ERR_CHUNK_HASH_MISMATCH'
  | 'ERR_CHUNK_CONFLICT'
  | 'ERR_FILE_HASH_MISMATCH'
  | 'ERR_FILE_TOO_LARGE'
  | 'ERR_UNSAFE_PATH'
  | 'ERR_TOO_MANY_OPEN_FILES'
  | 'ERR_PROCESSOR'
  | 'ERR_PROCESSOR_TIMEOUT'
  | 'ERR_PROCESSOR_CRASHED'
  | 'ERR_RESULT'
  | 'ERR_NON_RETRIABLE'
  | 'ERR_STORAGE'
  | 'ERR_BROKER';

export interface ReproducerErrorOptions {
  /** What led to this error; printed after it. */
  cause?: unknown;
}

/** Base of all errors thrown by this package. */
export abstract class ReproducerError extends Error {
  abstract readonly code: ErrorCode;
  /** Whether the same action may succeed when it is repeated unchanged. */
  readonly retriable: boolean = false;

  constructor(message: string, options: ReproducerErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
  }
}

/** Somebody must change code or configuration. Raised before any message is read; exit code 2. */
export abstract class UsageError extends ReproducerError {
  /** One sentence per mistake; the message holds all of them. */
  readonly problems: readonly string[];

  constructor(
    problems: string | readonly string[],
    options: ReproducerErrorOptions & { heading?: string } = {},
  ) {
    const list = typeof problems === 'string' ? [problems] : problems;
    super(listProblems(options.heading, list), options);
    this.problems = list;
  }
}

function listProblems(heading: string | undefined, problems: readonly string[]): string {
  if (problems.length === 1 && heading === undefined) return problems[0]!;
  const lines = problems.map(problem => `  - ${problem}`).join('\n');
  return heading === undefined ? lines : `${heading}\n${lines}`;
}

/** A decorator was used in a way that cannot work. Names class, member, what was expected and found, and the fix. */
export class DecoratorUsageError extends UsageError {
  readonly code = 'ERR_DECORATOR_USAGE';
}

/** Flags, environment or configuration file hold values that cannot work. Holds all problems at once, in flag names. */
export class ConfigError extends UsageError {
  readonly code = 'ERR_CONFIG';
}

/** A call that the current state does not allow, e.g. `start()` twice. */
export class IllegalStateError extends UsageError {
  readonly code = 'ERR_ILLEGAL_STATE';
}

/** One message or file is bad. Never retriable: it is reported and the rest goes on. */
export abstract class InputError extends ReproducerError {}

/** The value of a message is not a file chunk. */
export class ChunkDecodeError extends InputError {
  readonly code = 'ERR_CHUNK_DECODE';
}

/** The bytes of a chunk do not have the SHA-512 that the chunk names. */
export class ChunkHashMismatchError extends InputError {
  readonly code = 'ERR_CHUNK_HASH_MISMATCH';
}

/** A chunk contradicts chunks of the same version that were read before: other count, other or overlapping byte range. */
export class ChunkConflictError extends InputError {
  readonly code = 'ERR_CHUNK_CONFLICT';
  /** Its bytes are kept all the same: the hash of the whole file decides which chunk is right. */
  readonly isHeld: boolean;

  constructor(message: string, options: ReproducerErrorOptions & { isHeld?: boolean } = {}) {
    super(message, options);
    this.isHeld = options.isHeld ?? false;
  }
}

/** All chunks are good, yet the whole file does not have the SHA-512 that its chunks name. */
export class FileHashMismatchError extends InputError {
  readonly code = 'ERR_FILE_HASH_MISMATCH';
}

/** The file is larger than this worker takes. */
export class FileTooLargeError extends InputError {
  readonly code = 'ERR_FILE_TOO_LARGE';
}

/** The path in a chunk would lie outside the output directory or cannot be a file name. */
export class UnsafePathError extends InputError {
  readonly code = 'ERR_UNSAFE_PATH';
}

/** The chunk would open one more file than may be open at a time. */
export class TooManyOpenFilesError extends InputError {
  readonly code = 'ERR_TOO_MANY_OPEN_FILES';
}

/** The user's method threw; `cause` is what it threw. Retried up to `attempts` times. */
export class ProcessorError extends ReproducerError {
  readonly code: ErrorCode = 'ERR_PROCESSOR';
  override readonly retriable: boolean = true;
}

/** The user's method did not settle within `timeoutMs`. */
export class ProcessorTimeoutError extends ProcessorError {
  override readonly code: ErrorCode = 'ERR_PROCESSOR_TIMEOUT';
}

/** The thread or process that the user's method ran in (`isolation`) ended before the method did. */
export class ProcessorCrashedError extends ProcessorError {
  override readonly code: ErrorCode = 'ERR_PROCESSOR_CRASHED';
}

/** What the user's method returned cannot be made into messages. Not retried: the same call would return the same. */
export class ResultError extends ProcessorError {
  override readonly code: ErrorCode = 'ERR_RESULT';
  override readonly retriable = false;
}

/** Throw it from the user's method when another attempt is useless: the file fails at once. */
export class NonRetriableError extends ReproducerError {
  readonly code = 'ERR_NON_RETRIABLE';
}

/** Kafka refused or could not be reached. */
export class BrokerError extends ReproducerError {
  readonly code = 'ERR_BROKER';
  override readonly retriable: boolean;
  /** Nothing of this kind succeeds until somebody changes rights, credentials, versions or configuration. */
  readonly isForbidden: boolean;
  /** The message says all that its cause says. */
  readonly isCauseTold: boolean;

  constructor(
    message: string,
    options: ReproducerErrorOptions & { retriable: boolean; isForbidden?: boolean; isCauseTold?: boolean },
  ) {
    super(message, options);
    this.isCauseTold = options.isCauseTold ?? false;
    this.retriable = options.retriable;
    this.isForbidden = options.isForbidden ?? false;
  }
}

/**
 * Files cannot be kept on the local disk as they must be: the worker ends, and what it read counts for nothing. Or, in a method's stream:
 * the bytes of its file cannot be read any more as they were verified.
 */
export class StorageError extends ReproducerError {
  readonly code = 'ERR_STORAGE';
  override readonly retriable: boolean;
  /** Bytes that were written are not there any more. */
  readonly isLost: boolean;

  constructor(
    message: string,
    options: ReproducerErrorOptions & { isLost?: boolean; retriable?: boolean } = {},
  ) {
    super(message, options);
    this.retriable = options.retriable ?? false;
    this.isLost = options.isLost ?? false;
  }
}

/** What was thrown, which may be anything. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}

/** A short text of an error and its chain of causes: `A: message (caused by B: message)`. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const own = error.name === 'Error' ? error.message : `${error.name}: ${error.message}`;
  if (error instanceof BrokerError && error.isCauseTold) return own;
  return error.cause === undefined ? own : `${own} (caused by ${describeError(error.cause)})`;
}
